// Blocked products against plain sums within the rounding bound depth * u * (|A| |B|), around every
// block's edge.
#include <cmath>
#include <cstring>
#include <vector>

#include "base/random.hpp"
#include "check.hpp"
#include "linalg/product.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
std::vector<T> multiply(const Kernels<T>& k, Operand<T> a, Operand<T> b, Index m, Index n,
                        Index depth, int n_threads, bool accumulate = false) {
    ArenaSize size;
    PackBuffers<T>::count(size, n_threads);
    Arena arena(size);
    const PackBuffers<T> buffers(arena, n_threads);
    std::vector<T> c(static_cast<std::size_t>(m * n), accumulate ? T(1) : static_cast<T>(NAN));
    Watch watch(nullptr, nullptr, 0);
    std::vector<int> finished(static_cast<std::size_t>(m * n));
    CHECK(product(k, a, b, MatrixView<T>{c.data(), m, n, n}, depth, accumulate, buffers,
                  Crew(n_threads, watch), [&](Index row, Index rows, Index col, Index cols) {
                      for (Index i = row; i < row + rows; ++i) {
                          for (Index j = col; j < col + cols; ++j)
                              ++finished[static_cast<std::size_t>(i * n + j)];
                      }
                  }));
    for (int times : finished) CHECK(times == 1);
    return c;
}

template <class T>
void check_shape(const Kernels<T>& k, Index m, Index n, Index depth) {
    const double u = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;
    const auto a = numbers<T>(m * depth + 1, 1), b = numbers<T>(depth * n + 1, 2);
    for (const bool flip : {false, true}) {
        // The same numbers read as themselves, and as the transposes of a (depth, m) and a (n,
        // depth) matrix.
        const Operand<T> left = flip ? Operand<T>{a.data(), 1, m} : Operand<T>{a.data(), depth, 1};
        const Operand<T> right = flip ? Operand<T>{b.data(), 1, depth} : Operand<T>{b.data(), n, 1};
        const auto c = multiply(k, left, right, m, n, depth, 1);
        for (Index i = 0; i < m; ++i) {
            for (Index j = 0; j < n; ++j) {
                double sum = 0, size = 0;
                for (Index p = 0; p < depth; ++p) {
                    const double term =
                        double(left.data[i * left.row_stride + p * left.col_stride]) *
                        double(right.data[p * right.row_stride + j * right.col_stride]);
                    sum += term;
                    size += std::fabs(term);
                }
                CHECK_NEAR(double(c[static_cast<std::size_t>(i * n + j)]), sum,
                           double(depth) * u * size);
            }
        }
        const auto added = multiply(k, left, right, m, n, depth, 1, true);
        for (std::size_t i = 0; i < c.size(); ++i) {
            CHECK_NEAR(double(added[i]), 1 + double(c[i]),
                       double(depth + 2) * u * double(depth + 1));
        }
    }
}

template <class T>
void check_threads_and_rows(const Kernels<T>& k) {
    const Index m = 900, n = 130, depth = 300;
    const auto a = numbers<T>(m * depth, 3), b = numbers<T>(depth * n, 4);
    const Operand<T> left{a.data(), depth, 1}, right{b.data(), n, 1};
    const auto one = multiply(k, left, right, m, n, depth, 1);
    for (const int n_threads : {2, 3, 5, 8})
        CHECK(multiply(k, left, right, m, n, depth, n_threads) == one);
    for (const Index row : {Index{0}, Index{511}, Index{512}, Index{899}}) {
        const auto alone = multiply(k, {a.data() + row * depth, depth, 1}, right, 1, n, depth, 1);
        CHECK(std::memcmp(alone.data(), one.data() + row * n,
                          sizeof(T) * static_cast<std::size_t>(n)) == 0);
    }
}

// Every element of a product in one block, and blocks that begin at multiples of the unit.
void check_tasks() {
    constexpr Index kUnit = ProductBlocks::kRowUnit;
    for (const Index rows : {1, 31, 63, 100, 784, 1000, 1023, 1100}) {
        for (const Index cols : {1, 64, 300, 1000}) {
            for (const double work : {1e6, 1e9}) {
                for (const int n_threads : {1, 2, 3, 16}) {
                    const ProductTasks tasks(rows, cols, work, n_threads);
                    std::vector<int> times(static_cast<std::size_t>(rows * cols));
                    for (Index task = 0; task < tasks.count; ++task) {
                        const TaskBlock at = tasks.at(task, rows, cols);
                        CHECK(at.rows > 0 && at.rows < ProductBlocks::kRows + kUnit);
                        CHECK(at.cols > 0 && at.cols <= ProductBlocks::kMostCols);
                        CHECK(at.row % kUnit == 0 || tasks.rows < kUnit);
                        for (Index i = at.row; i < at.row + at.rows; ++i)
                            for (Index j = at.col; j < at.col + at.cols; ++j)
                                ++times[static_cast<std::size_t>(i * cols + j)];
                    }
                    CHECK(times == std::vector<int>(times.size(), 1));
                }
            }
        }
    }
}

}  // namespace

int main() {
    check_tasks();
    for (int i = 0; i < available_count(); ++i) {
        for (const Index depth : {1, 255, 256, 257, 520}) {
            check_shape<float>(available<float>(i), 7, 17, depth);
            check_shape<double>(available<double>(i), 7, 17, depth);
        }
        for (const Index m : {1, 5, 6, 7, 511, 512, 513})
            check_shape<float>(available<float>(i), m, 3, 9);
        for (const Index n : {1, 15, 16, 17, 63, 64, 65, 129})
            check_shape<float>(available<float>(i), 8, n, 9);
        for (const Index n : {1, 7, 8, 9, 63, 64, 65})
            check_shape<double>(available<double>(i), 8, n, 9);
        check_threads_and_rows<float>(available<float>(i));
        check_threads_and_rows<double>(available<double>(i));
    }
    return check::report();
}
