// The factor against its definition, solutions and inverse against residuals, what is not positive
// definite, threads, and a stop in the middle.
#include "linalg/cholesky.hpp"

#include <cstring>
#include <thread>
#include <vector>

#include "check.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
constexpr double kRounding = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;

template <class T>
MatrixView<T> square(std::vector<T>& a, Index n) {
    return {a.data(), n, n, n};
}

// B B' / n + I/10 from numbers, in double.
std::vector<double> positive(Index n) {
    const auto b = numbers<double>(n * n, 7);
    std::vector<double> a(static_cast<std::size_t>(n * n));
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
            double sum = i == j ? 0.1 : 0.0;
            for (Index p = 0; p < n; ++p)
                sum += b[static_cast<std::size_t>(i * n + p)] *
                       b[static_cast<std::size_t>(j * n + p)] / static_cast<double>(n);
            a[static_cast<std::size_t>(i * n + j)] = sum;
        }
    }
    return a;
}

template <class T>
struct Answers {
    std::vector<T> factor, solution;
    std::vector<double> diagonal;
    std::vector<T> by_column;  // the solution, b being a column of the factor
    bool operator==(const Answers&) const = default;
};

template <class T>
Answers<T> answers(const Kernels<T>& k, const std::vector<double>& a, Index n, int n_threads) {
    Watch watch(nullptr, nullptr, 0);
    const Crew crew(n_threads, watch);
    const Cholesky<T> cholesky(k, n, n_threads);
    Answers<T> found{{}, numbers<T>(n, 9), {}, numbers<T>(n, 9)};
    for (const double number : a) found.factor.push_back(static_cast<T>(-number));
    // Below the diagonal nothing may be read.
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < i; ++j)
            found.factor[static_cast<std::size_t>(i * n + j)] = static_cast<T>(NAN);
    }
    CHECK(cholesky.factor(square(found.factor, n), crew) == Factored::done);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < i; ++j) found.factor[static_cast<std::size_t>(i * n + j)] = 0;
    }
    CHECK(cholesky.solve(square(found.factor, n), found.solution.data(), crew));
    std::vector<T> wide;
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j)
            wide.push_back(static_cast<T>(-a[static_cast<std::size_t>(i * n + j)]));
        wide.push_back(-found.by_column[static_cast<std::size_t>(i)]);
    }
    const MatrixView<T> with_column{wide.data(), n, n + 1, n + 1};
    CHECK(cholesky.factor(with_column, crew) == Factored::done);
    for (Index i = 0; i < n; ++i) {
        CHECK(std::equal(with_column.row(i) + i, with_column.row(i) + n,
                         &found.factor[static_cast<std::size_t>(i * n + i)]));
        found.by_column[static_cast<std::size_t>(i)] = with_column.row(i)[n];
    }
    CHECK(cholesky.solve_upper(with_column, found.by_column.data(), crew));
    std::vector<T> inverse = found.factor;
    found.diagonal.resize(static_cast<std::size_t>(n));
    CHECK(cholesky.inverse_diagonal(square(inverse, n), found.diagonal.data(), crew));
    return found;
}

// Bounds of [GVL13], 4.2.6: |A - U' U| <= n u |U'| |U|, with a few u for its computation in double.
template <class T>
void check_answers(const Kernels<T>& k, Index n) {
    const auto a = positive(n);
    const auto found = answers(k, a, n, 1);
    const auto at = [n](Index i, Index j) { return static_cast<std::size_t>(i * n + j); };
    const double bound = static_cast<double>(n + 3) * kRounding<T>;
    const auto b = numbers<T>(n, 9);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j <= i; ++j) {
            double sum = 0, size = 0;
            for (Index p = 0; p <= j; ++p) {
                const double term = double(found.factor[at(p, i)]) * double(found.factor[at(p, j)]);
                sum += term;
                size += std::fabs(term);
            }
            CHECK_NEAR(double(static_cast<T>(a[at(i, j)])), sum, bound * size);
        }
        for (const std::vector<T>& solution : {found.solution, found.by_column}) {
            double sum = 0, size = 0;
            for (Index j = 0; j < n; ++j) {
                const double term = double(static_cast<T>(a[at(i, j)])) *
                                    double(solution[static_cast<std::size_t>(j)]);
                sum += term;
                size += std::fabs(term);
            }
            CHECK_NEAR(sum, double(b[static_cast<std::size_t>(i)]), 10 * bound * (size + 1));
        }
    }
}

// (a^-1)(j, j) is e_j' x with a x = e_j.
template <class T>
void check_inverse(const Kernels<T>& k, Index n) {
    const auto found = answers(k, positive(n), n, 1);
    Watch watch(nullptr, nullptr, 0);
    const Cholesky<T> cholesky(k, n, 1);
    std::vector<T> factor = found.factor;
    for (Index j = 0; j < n; j += n / 7 + 1) {
        std::vector<T> unit(static_cast<std::size_t>(n));
        unit[static_cast<std::size_t>(j)] = 1;
        CHECK(cholesky.solve(square(factor, n), unit.data(), Crew(1, watch)));
        const double expected = double(unit[static_cast<std::size_t>(j)]);
        CHECK_NEAR(found.diagonal[static_cast<std::size_t>(j)], expected,
                   static_cast<double>(20 * (n + 3)) * kRounding<T> * expected);
    }
}

template <class T>
void check_what_is_not_positive(const Kernels<T>& k) {
    Watch watch(nullptr, nullptr, 0);
    const Index n = 150;
    const Cholesky<T> cholesky(k, n, 1);
    for (const Index place : {0, 63, 64, 149}) {
        for (const double wrong : {-1.0, 0.0, double(NAN), double(INFINITY)}) {
            std::vector<T> a(static_cast<std::size_t>(n * n));
            for (Index i = 0; i < n; ++i)
                a[static_cast<std::size_t>(i * n + i)] = static_cast<T>(i == place ? -wrong : -2.0);
            CHECK(cholesky.factor(square(a, n), Crew(1, watch)) == Factored::indefinite);
        }
    }
}

void check_stop() {
    const Index n = 2500;
    std::vector<double> a(static_cast<std::size_t>(n * n));
    for (Index i = 0; i < n; ++i) a[static_cast<std::size_t>(i * n + i)] = -1;
    std::uint8_t cancel = 0;
    Watch watch(&cancel, nullptr, 0);
    const Cholesky<double> cholesky(kernels<double>(), n, 1);
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        std::atomic_ref<std::uint8_t>(cancel).store(1);
    });
    const Factored ended = cholesky.factor(square(a, n), Crew(1, watch));
    stopper.join();
    CHECK(ended == Factored::stopped);
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        for (const Index n : {1, 2, 63, 64, 65, 129, 200}) {
            check_answers(available<double>(i), n);
            check_answers(available<float>(i), n);
            check_inverse(available<double>(i), n);
            check_inverse(available<float>(i), n);
        }
        check_what_is_not_positive(available<double>(i));
        check_what_is_not_positive(available<float>(i));
        const auto a = positive(500);
        const auto one = answers(available<double>(i), a, 500, 1);
        for (const int n_threads : {2, 3, 5})
            CHECK(answers(available<double>(i), a, 500, n_threads) == one);
    }
    check_stop();
    return check::report();
}
