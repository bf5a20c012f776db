// One number that is not finite, at the ends of the blocks that threads look through.
#include "linalg/finite.hpp"

#include <limits>
#include <vector>

#include "check.hpp"

using namespace gradus;

namespace {

template <class T>
void check_each_place(int set, int n_threads) {
    constexpr Index kBlock = 1 << 17;
    const Kernels<T>& kernels = available<T>(set);
    Watch watch(nullptr, nullptr, 0);
    const Crew crew(n_threads, watch);
    const T largest = std::numeric_limits<T>::max(), infinite = std::numeric_limits<T>::infinity();
    CHECK(all_finite<T>(kernels, nullptr, 0, crew));
    for (const Index n : {Index{1}, Index{37}, kBlock - 1, kBlock, 5 * kBlock + 3}) {
        std::vector<T> x(static_cast<std::size_t>(n), -largest);
        CHECK(all_finite(kernels, x.data(), n, crew));
        for (const Index at : {Index{0}, n / 2, std::min(n, kBlock) - 1, n - 1}) {
            for (const T bad : {infinite, -infinite, std::numeric_limits<T>::quiet_NaN()}) {
                x[static_cast<std::size_t>(at)] = bad;
                CHECK(!all_finite(kernels, x.data(), n, crew));
            }
            x[static_cast<std::size_t>(at)] = std::numeric_limits<T>::denorm_min();
            CHECK(all_finite(kernels, x.data(), n, crew));
        }
    }
}

}  // namespace

int main() {
    for (int set = 0; set < available_count(); ++set) {
        for (const int n_threads : {1, 2, 5}) {
            check_each_place<float>(set, n_threads);
            check_each_place<double>(set, n_threads);
        }
    }
    return check::report();
}
