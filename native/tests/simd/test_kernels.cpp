// Every instruction set against plain loops, at lengths around the vectors' and tiles' edges;
// nothing past the end is touched.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.hpp"
#include "base/views.hpp"
#include "check.hpp"
#include "numbers.hpp"
#include "simd/kernels.hpp"

using namespace gradus;

namespace {

constexpr double kUntouched = 1234.5;

/// c = [c +] a b with b packed and b where it lies, as rows and as columns; a by rows and by
/// columns.
template <class T>
void check_product(const Kernels<T>& k, Index rows, Index depth, Index cols, bool by_columns) {
    const auto a = numbers<T>(rows * depth + 1, 1), b = numbers<T>(depth * cols + 1, 2);
    const auto at = [](const std::vector<T>& m, Index i, Index row_stride, Index j,
                       Index col_stride) {
        return double(m[static_cast<std::size_t>(i * row_stride + j * col_stride)]);
    };
    const Index a_row = by_columns ? 1 : depth, a_col = by_columns ? rows : 1;
    const Index b_row = by_columns ? 1 : cols, b_col = by_columns ? depth : 1;
    const Index n_panels = (cols + k.tile_cols - 1) / k.tile_cols;
    const Index stride = depth % 2 == 0 ? cols : cols + 3;  // rows together, and apart
    std::vector<T> packed(static_cast<std::size_t>(n_panels * depth * k.tile_cols + 1),
                          static_cast<T>(NAN));
    k.pack(b.data(), b_row, b_col, depth, cols, packed.data());
    CHECK(std::isnan(packed.back()));
    const Panels<T> of_packed{packed.data(), k.tile_cols, depth * k.tile_cols};
    const Panels<T> in_place{b.data(), b_row, k.tile_cols};
    const auto bias = numbers<T>(cols, 4), slope = numbers<T>(rows * stride, 5);
    for (const bool accumulate : {false, true}) {
        std::vector<T> c(static_cast<std::size_t>(rows * stride), static_cast<T>(kUntouched));
        if (!accumulate) c[0] = static_cast<T>(NAN);  // must not be read
        const std::vector<T> start = c;
        std::vector<T> same = c;
        k.product(depth, a.data(), a_row, a_col, of_packed, c.data(), stride, rows, cols,
                  accumulate, {});
        for (Index i = 0; i < rows; ++i) {
            for (Index j = 0; j < stride; ++j) {
                double sum = accumulate || j >= cols ? kUntouched : 0, size = std::fabs(sum);
                for (Index p = 0; p < depth && j < cols; ++p) {
                    const double term = at(a, i, a_row, p, a_col) * at(b, p, b_row, j, b_col);
                    sum += term;
                    size += std::fabs(term);
                }
                const double u = sizeof(T) == 4 ? 0x1p-24 : 0x1p-53;
                CHECK_NEAR(at(c, i, stride, j, 1), sum, double(depth + 2) * u * size);
            }
        }
        for (const bool is_gate : {false, true}) {
            std::vector<T> ended = start;
            k.product(depth, a.data(), a_row, a_col, of_packed, ended.data(), stride, rows, cols,
                      accumulate, {bias.data(), is_gate, slope.data(), stride, is_gate});
            for (Index i = 0; i < rows; ++i) {
                for (Index j = 0; j < stride; ++j) {
                    const auto at_c = static_cast<std::size_t>(i * stride + j);
                    T x = c[at_c] + bias[static_cast<std::size_t>(std::min(j, cols - 1))];
                    if (is_gate) x = x > 0 && slope[at_c] > 0 ? x : T(0);
                    CHECK(ended[at_c] == (j < cols ? is_gate ? x : x * slope[at_c] : c[at_c]));
                }
            }
        }
        if (by_columns) continue;
        k.product(depth, a.data(), a_row, a_col, in_place, same.data(), stride, rows, cols,
                  accumulate, {});
        CHECK(same == c);
    }
}

template <class T>
void check_products(const Kernels<T>& k) {
    for (const Index depth : {0, 1, 5, 37, 64}) {
        for (const bool by_columns : {false, true}) {
            for (Index rows = 1; rows <= k.tile_rows + 1; ++rows)
                check_product(k, rows, depth, k.tile_cols + 3, by_columns);
            for (Index cols = 1; cols <= 2 * k.tile_cols + 1; ++cols)
                check_product(k, k.tile_rows, depth, cols, by_columns);
        }
    }
}

template <class T>
void check_rows_do_not_see_their_neighbors(const Kernels<T>& k) {
    const Index n = 67;
    for (int f = 0; f < kActivationCount; ++f) {
        const auto z = numbers<T>(n, 3);
        std::vector<T> together = z, slope(z.size());
        k.activate[f](together.data(), 0, slope.data(), 0, nullptr, 1, n);
        std::vector<T> value = z, same_slope(z.size()), curvature(z.size());
        k.activate_twice[f](value.data(), 0, same_slope.data(), 0, curvature.data(), 0, nullptr, 1,
                            n);
        CHECK(value == together && same_slope == slope);
        for (Index i = 0; i < n; ++i) {
            T one = z[static_cast<std::size_t>(i)], one_slope = 0;
            k.activate[f](&one, 1, &one_slope, 1, nullptr, 1, 1);
            CHECK(one == together[static_cast<std::size_t>(i)]);
            CHECK(one_slope == slope[static_cast<std::size_t>(i)]);
            T one_curvature = 0;
            one = z[static_cast<std::size_t>(i)];
            k.activate_twice[f](&one, 1, &one_slope, 1, &one_curvature, 1, nullptr, 1, 1);
            CHECK(one_curvature == curvature[static_cast<std::size_t>(i)]);
        }
    }
}

/// Rows of a block with bias and padding: each number is that of z + bias alone, and the padding
/// stays.
template <class T>
void check_blocks(const Kernels<T>& k) {
    constexpr Index rows = 3, cols = 11, stride = 13;
    const auto z = numbers<T>(rows * stride, 7), bias = numbers<T>(cols, 8);
    for (int f = 0; f < kActivationCount; ++f) {
        std::vector<T> value = z, slope(z.size(), T(kUntouched)), curvature = slope;
        k.activate_twice[f](value.data(), stride, slope.data(), stride, curvature.data(), stride,
                            bias.data(), rows, cols);
        for (Index i = 0; i < rows * stride; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const Index j = i % stride;
            if (j >= cols) {
                CHECK(value[at] == z[at] && slope[at] == T(kUntouched));
                CHECK(curvature[at] == T(kUntouched));
                continue;
            }
            T one = z[at] + bias[static_cast<std::size_t>(j)], one_slope = 0, one_curvature = 0;
            k.activate_twice[f](&one, 1, &one_slope, 1, &one_curvature, 1, nullptr, 1, 1);
            CHECK(value[at] == one && slope[at] == one_slope && curvature[at] == one_curvature);
        }
    }
}

/// Rows that lie one behind the other: the same bits as those of rows that lie apart, and nothing
/// behind the last is touched.
template <class T>
void check_rows_together(const Kernels<T>& k) {
    constexpr Index rows = 5;
    for (const Index cols : {1, 3, 10, 17, 50, 255, 257}) {
        const Index stride = cols + 4, n = rows * cols;
        const auto z = numbers<T>(n + 1, 9), bias = numbers<T>(cols, 10), y = numbers<T>(n, 11);
        const auto at = [](Index i) { return static_cast<std::size_t>(i); };
        const auto is_same = [&](const std::vector<T>& together, const std::vector<T>& apart) {
            bool same = true;
            for (Index i = 0; i < n; ++i)
                same = same && together[at(i)] == apart[at(i / cols * stride + i % cols)];
            return same;
        };
        const auto spread = [&](const std::vector<T>& x) {
            std::vector<T> out(at(rows * stride));
            for (Index i = 0; i < n; ++i) out[at(i / cols * stride + i % cols)] = x[at(i)];
            return out;
        };
        for (int f = 0; f < kActivationCount; ++f) {
            for (const T* shift : {bias.data(), static_cast<const T*>(nullptr)}) {
                std::vector<T> value = z, slope(z.size(), T(kUntouched)), alone = z;
                std::vector<T> apart = spread(z), slope_apart = apart;
                k.activate[f](value.data(), cols, slope.data(), cols, shift, rows, cols);
                k.activate[f](alone.data(), cols, nullptr, 0, shift, rows, cols);
                k.activate[f](apart.data(), stride, slope_apart.data(), stride, shift, rows, cols);
                CHECK(is_same(value, apart) && is_same(slope, slope_apart));
                CHECK(alone == value && value.back() == z.back());
                CHECK(slope.back() == T(kUntouched));
            }
        }
        for (const auto loop : {k.multiply, k.gate}) {
            std::vector<T> together = z, apart = spread(z);
            loop(together.data(), cols, y.data(), cols, rows, cols);
            loop(apart.data(), stride, spread(y).data(), stride, rows, cols);
            CHECK(is_same(together, apart) && together.back() == z.back());
        }
    }
}

template <class T>
void check_loops(const Kernels<T>& k) {
    const double tight = sizeof(T) == 4 ? 1e-6 : 1e-15;
    for (Index n = 0; n < 40; ++n) {
        const auto x = numbers<T>(n + 1, 4), y = numbers<T>(n + 1, 5);
        const auto at = [](const std::vector<T>& v, Index i) {
            return double(v[static_cast<std::size_t>(i)]);
        };
        std::vector<T> product = x, gated = x, sum = y,
                       total(static_cast<std::size_t>(n + 1), T(1));
        k.multiply(product.data(), n, y.data(), n, 1, n);
        k.gate(gated.data(), n, y.data(), n, 1, n);
        k.add_scaled(sum.data(), x.data(), T(0.5), n);
        double squares = 0;
        for (Index i = 0; i < n; ++i) {
            squares += at(x, i) * at(x, i);
            CHECK_NEAR(at(product, i), at(x, i) * at(y, i), tight);
            CHECK(at(gated, i) == (at(y, i) > 0 ? at(x, i) : 0));
            CHECK_NEAR(at(sum, i), at(y, i) + 0.5 * at(x, i), tight);
        }
        CHECK(product.back() == x.back() && sum.back() == y.back());
        CHECK(gated.back() == x.back());
        CHECK_NEAR(k.sum_squares(x.data(), n), squares, 1e-13);
        const auto block = numbers<T>(3 * (n + 2), 6);
        k.column_sums(block.data(), n + 2, 3, n, total.data(), true);
        for (Index j = 0; j < n; ++j) {
            CHECK_NEAR(at(total, j),
                       1 + at(block, j) + at(block, j + n + 2) + at(block, j + 2 * (n + 2)),
                       4 * tight);
        }
        CHECK(total.back() == T(1));
    }
}

/// Roots within a rule are those rounded once: of each a, params become -2^20 / sqrt(a).
void check_roots(const Kernels<float>& k, const std::vector<float>& squares) {
    const auto n = static_cast<Index>(squares.size());
    std::vector<float> params(squares.size(), 0.0f), sum = squares;
    const std::vector<float> grads(squares.size(), 0x1p-100f);  // its square is 0
    k.adagrad(params.data(), sum.data(), grads.data(), n, {0x1p120, 1, 0, 0});
    Index n_wrong = 0;
    for (std::size_t i = 0; i < squares.size(); ++i) {
        const float expected = 0 - 0x1p20f / std::sqrt(squares[i]);
        n_wrong += params[i] != expected && !(std::isnan(params[i]) && std::isnan(expected));
    }
    CHECK(n_wrong == 0);
}

void check_all_roots(const Kernels<float>& k) {
    std::vector<float> some;
    for (float a = 1; a < 4; a = std::nextafter(a, 5.0f)) {
        some.push_back(a);
        if (some.size() == 1 << 16) {
            check_roots(k, some);
            some.clear();
        }
    }
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    std::vector<float> odd{0, kInfinity, -1, NAN};
    for (int exponent = -149; exponent < 128; ++exponent) {
        const float a = std::ldexp(1.7f, exponent);
        for (const float one : {a, std::nextafter(a, 0.0f), std::ldexp(1.0f, exponent)}) {
            some.assign(48, one);
            check_roots(k, some);
            odd.push_back(one);
        }
    }
    for (Index shift = 0; shift < 40; ++shift) {
        check_roots(k, odd);
        odd.insert(odd.begin(), 1.0f);
    }
}

template <class T>
void check_drop(const Kernels<T>& k) {
    for (const double rate : {0.0, 1e-17, 0x1p-53, 0.2, 1.0 / 3, 0.5, 1 - 0x1p-53}) {
        for (const Index n : {1, 7, 31, 32, 33, 70}) {
            const auto a_in = numbers<T>(n, 1);
            const std::uint64_t key = part_key(11, n);
            std::vector<T> mask(static_cast<std::size_t>(n) + 1, static_cast<T>(kUntouched));
            std::vector<T> a_out = mask;
            k.drop(key, rate, n, a_in.data(), mask.data(), a_out.data());
            for (std::size_t j = 0; j < a_in.size(); ++j) {
                const bool is_dropped = uniform_at(key, static_cast<Index>(j)) < rate;
                CHECK(mask[j] == (is_dropped ? T(0) : static_cast<T>(1 / (1 - rate))));
                CHECK(a_out[j] == a_in[j] * mask[j]);
            }
            CHECK(mask.back() == static_cast<T>(kUntouched) && a_out.back() == mask.back());
        }
    }
}

/// Rows of numbers about `center`.
template <class T>
void check_norm(const Kernels<T>& k, T center) {
    const double eps = std::numeric_limits<T>::epsilon(), epsilon = 1e-5;
    for (const Index n : {1, 2, 7, 8, 9, 15, 16, 40, 64, 77}) {
        const auto scale = numbers<T>(n, 2), shift = numbers<T>(n, 3), delta = numbers<T>(n, 4);
        auto a = numbers<T>(n, 1);
        for (T& number : a) number += center;
        const auto mean_of = [&](auto&& f) {
            double sum = 0;
            for (std::size_t j = 0; j < a.size(); ++j) sum += f(j);
            return sum / static_cast<double>(n);
        };
        const double mean = mean_of([&](std::size_t j) { return double(a[j]); });
        const double variance =
            mean_of([&](std::size_t j) { return (double(a[j]) - mean) * (double(a[j]) - mean); });
        std::vector<T> kept(a.size() + 1, static_cast<T>(kUntouched)), out = kept, below = kept;
        const double inverse =
            k.normalize(a.data(), n, epsilon, scale.data(), shift.data(), kept.data(), out.data());
        CHECK_NEAR(inverse, 1 / std::sqrt(variance + epsilon), 1e-12 * inverse);
        k.normalize_back(delta.data(), scale.data(), kept.data(), inverse, n, below.data());
        const auto g = [&](std::size_t j) { return double(delta[j]) * double(scale[j]); };
        const double g_mean = mean_of(g);
        const double along = mean_of([&](std::size_t j) { return g(j) * double(kept[j]); });
        for (std::size_t j = 0; j < a.size(); ++j) {
            const double number = (double(a[j]) - mean) * inverse;
            CHECK_NEAR(double(kept[j]), number, 4 * eps);
            CHECK_NEAR(double(out[j]), number * double(scale[j]) + double(shift[j]), 8 * eps);
            CHECK_NEAR(double(below[j]), inverse * (g(j) - g_mean - double(kept[j]) * along),
                       4 * eps * inverse);
        }
        for (const auto* all : {&kept, &out, &below})
            CHECK(all->back() == static_cast<T>(kUntouched));
        std::vector<T> in_place(a.size());
        k.normalize(a.data(), n, epsilon, scale.data(), shift.data(), in_place.data(),
                    in_place.data());
        CHECK(std::equal(in_place.begin(), in_place.end(), out.begin()));
    }
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        check_products<float>(available<float>(i));
        check_products<double>(available<double>(i));
        check_rows_do_not_see_their_neighbors<float>(available<float>(i));
        check_rows_do_not_see_their_neighbors<double>(available<double>(i));
        check_blocks<float>(available<float>(i));
        check_blocks<double>(available<double>(i));
        check_rows_together<float>(available<float>(i));
        check_rows_together<double>(available<double>(i));
        check_loops<float>(available<float>(i));
        check_loops<double>(available<double>(i));
        check_all_roots(available<float>(i));
        check_drop<float>(available<float>(i));
        check_drop<double>(available<double>(i));
        for (const float center : {0.0f, 1000.0f}) check_norm<float>(available<float>(i), center);
        check_norm<double>(available<double>(i), 0);
    }
    return check::report();
}
