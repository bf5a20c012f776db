// The shuffle is a bijection for every length; that it equals the Python one is tested from Python.
#include <vector>

#include "base/random.hpp"
#include "check.hpp"

using namespace gradus;

int main() {
    for (const Index n : {1, 2, 3, 4, 5, 10, 99, 100, 101, 1000, 65536, 100003}) {
        for (const std::int64_t epoch : {0, 1, 7}) {
            const Permutation shuffled(42, epoch, n);
            std::vector<char> seen(static_cast<std::size_t>(n), 0);
            for (Index p = 0; p < n; ++p) {
                const Index row = shuffled(p);
                CHECK(row >= 0 && row < n);
                if (row >= 0 && row < n) ++seen[static_cast<std::size_t>(row)];
            }
            for (char times : seen) CHECK(times == 1);
        }
    }
    const Permutation first(42, 0, 1000), second(42, 1, 1000), other(43, 0, 1000);
    int same_epoch = 0, same_key = 0;
    for (Index p = 0; p < 1000; ++p) {
        same_epoch += first(p) == second(p);
        same_key += first(p) == other(p);
    }
    CHECK(same_epoch < 12 && same_key < 12);
    return check::report();
}
