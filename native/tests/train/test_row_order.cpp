// The shuffle is a bijection for every length, the same on every instruction set, from any position
// on; that it equals the Python one is tested from Python.
#include <algorithm>
#include <vector>

#include "check.hpp"
#include "train/row_order.hpp"

using namespace gradus;

namespace {

std::vector<std::int64_t> shuffled(int set, std::uint64_t key, std::int64_t epoch, Index n) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
    available<float>(set).shuffled_rows(row_order(key, epoch, n), 0, n, rows.data());
    return rows;
}

void check_bijection(int set, std::int64_t epoch, Index n) {
    const auto rows = shuffled(set, 42, epoch, n);
    std::vector<char> seen(rows.size(), 0);
    for (const std::int64_t row : rows) {
        CHECK(row >= 0 && row < n);
        if (row >= 0 && row < n) ++seen[static_cast<std::size_t>(row)];
    }
    for (char times : seen) CHECK(times == 1);
    CHECK(rows == shuffled(0, 42, epoch, n));
    const Index first = n / 3, count = n - first;
    std::vector<std::int64_t> rest(static_cast<std::size_t>(std::max<Index>(count, 3)));
    available<double>(set).shuffled_rows(row_order(42, epoch, n), first, count, rest.data());
    CHECK(std::equal(rows.begin() + first, rows.end(), rest.begin()));

    ArenaSize size;
    EpochOrders::count(size, n);
    Arena arena(size);
    EpochOrders orders(42, n, arena);
    const RowOrder& order = orders.at(available<float>(set), epoch, 3 * n);
    CHECK(order.table != nullptr);
    rest.assign(rest.size(), -1);
    available<float>(set).shuffled_rows(order, first, count, rest.data());
    CHECK(std::equal(rows.begin() + first, rows.end(), rest.begin()));
    for (const Index few : {1, 2, 3}) {
        for (Index at = 0; at + few <= n; at += 1 + n / 50) {
            available<float>(set).shuffled_rows(order, at, few, rest.data());
            CHECK(std::equal(rest.begin(), rest.begin() + few, rows.begin() + at));
        }
    }
}

}  // namespace

int main() {
    for (int set = 0; set < available_count(); ++set) {
        for (const Index n : {1, 2, 3, 4, 5, 10, 99, 100, 101, 1000, 65536, 100003}) {
            for (const std::int64_t epoch : {0, 1, 7}) check_bijection(set, epoch, n);
        }
    }
    const auto first = shuffled(0, 42, 0, 1000), second = shuffled(0, 42, 1, 1000),
               other = shuffled(0, 43, 0, 1000);
    int same_epoch = 0, same_key = 0;
    for (std::size_t p = 0; p < 1000; ++p) {
        same_epoch += first[p] == second[p];
        same_key += first[p] == other[p];
    }
    CHECK(same_epoch < 12 && same_key < 12);
    return check::report();
}
