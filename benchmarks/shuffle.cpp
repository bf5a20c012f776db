// What it costs to put the rows of an epoch into a new order: that of simd/shuffle.inl.hpp, its
// table computed for each batch or kept, against sorting random keys and against a Fisher-Yates
// shuffle of an array (docs/decisions/0002). Built and run in the folder of the repository by
//   mkdir -p build
//   g++ -O3 -std=c++20 -march=native -I native/gradus benchmarks/shuffle.cpp -o build/shuffle
//   build/shuffle
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <utility>
#include <vector>

#define GRADUS_ISA gradus::here
#if defined(__AVX512F__)
#include "simd/vec_avx512.hpp"
#endif
#include "simd/shuffle.inl.hpp"
#include "train/row_order.hpp"

namespace {

using gradus::Index;

// Best of several runs of some epochs, in nanoseconds per row; the sum keeps the work from being
// dropped.
template <class F>
double nanoseconds_per_row(Index n, std::int64_t& sum, F&& order) {
    const int n_epochs = static_cast<int>(std::max<Index>(1, 100000 / n));
    double best = 1e300;
    for (int run = 0; run < 5; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        for (int e = 0; e < n_epochs; ++e) sum += order(run * n_epochs + e);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - begin;
        best = std::min(best, took.count() / static_cast<double>(n * n_epochs));
    }
    return best;
}

std::int64_t weighted_sum(const std::vector<Index>& rows) {
    std::int64_t sum = 0;
    for (std::size_t p = 0; p < rows.size(); ++p) sum += rows[p] ^ static_cast<Index>(p);
    return sum;
}

}  // namespace

int main() {
    std::int64_t sum = 0;
    std::printf(
        "rows         order of 0002    its table kept   sorted keys   fisher-yates   (ns per "
        "row)\n");
    for (const Index n : {4, 16, 64, 255, 1000, 60000, 1000000, 10000000}) {
        std::vector<std::int32_t> table(1 << 16);
        const auto walk = [&](int run, bool keeps_table) {
            constexpr Index kBatch = 256;
            gradus::RowOrder order = gradus::row_order(7, run, n);
            if (keeps_table) {
                gradus::here::order_table(order, table.data());
                order.table = table.data();
            }
            std::int64_t s = 0, batch[kBatch];
            for (Index p = 0; p < n; p += kBatch) {
                const Index count = std::min(kBatch, n - p);
                gradus::here::shuffled_rows(order, p, count, batch);
                for (Index i = 0; i < count; ++i) s += batch[i] ^ (p + i);
            }
            return s;
        };
        const double walked =
            nanoseconds_per_row(n, sum, [&](int run) { return walk(run, false); });
        const double looked_up =
            nanoseconds_per_row(n, sum, [&](int run) { return walk(run, true); });
        std::vector<Index> rows(static_cast<std::size_t>(n));
        std::vector<std::pair<std::uint64_t, Index>> keys(rows.size());
        const double sorted = nanoseconds_per_row(n, sum, [&](int run) {
            for (Index p = 0; p < n; ++p)
                keys[p] = {gradus::mix64(static_cast<std::uint64_t>(p + run * n)), p};
            std::sort(keys.begin(), keys.end());
            for (Index p = 0; p < n; ++p) rows[p] = keys[p].second;
            return weighted_sum(rows);
        });
        const double swapped = nanoseconds_per_row(n, sum, [&](int run) {
            std::iota(rows.begin(), rows.end(), Index{0});
            for (Index p = n - 1; p > 0; --p) {
                const auto draw = gradus::mix64(static_cast<std::uint64_t>(p + run * n));
                const auto bound = static_cast<std::uint64_t>(p + 1);
                std::swap(rows[p], rows[((draw >> 32) * bound) >> 32]);
            }
            return weighted_sum(rows);
        });
        std::printf("%-10td %13.1f %17.1f %13.1f %14.1f\n", n, walked, looked_up, sorted, swapped);
    }
    return sum == 42;
}
