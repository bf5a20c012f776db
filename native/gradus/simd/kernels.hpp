// The table of kernels, one per instruction set and number type, and how one is chosen. Plain data
// only: this header is read by files compiled for different processors, so nothing in it may be an
// inline function.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/tiny.hpp"

namespace gradus {

/// Entries of base/enums.hpp's Activation; dispatch.cpp holds the two equal.
constexpr int kActivationCount = 12;

/// What one update of gradient descent needs: params += v, v = momentum v - rate * clip * grads
/// [SMDH13].
struct DescentStep {
    double rate;
    double clip;
    double momentum;
    bool nesterov;
};

/// What one update of Adam needs [KB15]; `correct_1`, `correct_2` are 1 - beta^step, `decay` is
/// rate * weight_decay [LH19].
struct AdamStep {
    double rate;
    double clip;
    double beta_1;
    double beta_2;
    double epsilon;
    double correct_1;
    double correct_2;
    double decay;
};

/// What one update of RMSprop needs [TH12].
struct RmspropStep {
    double rate;
    double clip;
    double decay;
    double epsilon;
    double momentum;
};

/// What one update of Adagrad needs [DHS11]; `initial` is what the sum of squares starts from.
struct AdagradStep {
    double rate;
    double clip;
    double initial;
    double epsilon;
};

/// A matrix by panels of tile_cols columns: element (p, j) is data[j / tile_cols * panel_stride + p
/// * row_stride + j % tile_cols].
template <class T>
struct Panels {
    const T* data;
    std::ptrdiff_t row_stride;
    std::ptrdiff_t panel_stride;
};

/// What happens to a product's numbers before they are stored, in this order; by default nothing.
template <class T>
struct Ending {
    const T* bias = nullptr;   // (cols,): c(i, j) + bias[j], unless null
    bool is_relu = false;      // max(0, c)
    const T* slope = nullptr;  // (rows, cols): c(i, j) * slope(i, j), unless null
    std::ptrdiff_t slope_stride = 0;
    bool is_gate = false;  // instead of that 0 where not slope(i, j) > 0
};

/// Two numbers that follow one another along a product's depth, rounded to bfloat16: the upper half
/// of a float.
struct alignas(4) Bfloat16Pair {
    std::uint16_t first;
    std::uint16_t second;
};

/// Every loop over numbers that training spends its time in. No kernel allocates, fails or reads a
/// clock; a matrix argument is a pointer with a row stride, and rows may not overlap unless a
/// comment says in place.
template <class T>
struct Kernels {
    using Index = std::ptrdiff_t;

    const char* name;
    int tile_rows;
    int tile_cols;

    /// out[p * tile_cols + j] = b(p, j) for p < depth, panel after panel of tile_cols columns,
    /// zeros past `cols`.
    void (*pack)(const T* b, Index row_stride, Index col_stride, Index depth, Index cols, T* out);

    /// c (rows, cols) = [c +] a (rows, depth) b (depth, cols), tile after tile, then what `ending`
    /// says. Each element is one chain of sums over depth in rising order, whatever the size of the
    /// tile.
    void (*product)(Index depth, const T* a, Index a_row, Index a_col, Panels<T> b, T* c,
                    Index c_stride, Index rows, Index cols, bool accumulate,
                    const Ending<T>& ending);

    /// In place: z becomes f(z + bias); slope (unless null) becomes f'(z + bias). One entry per
    /// Activation; bias may be null.
    void (*activate[kActivationCount])(T* z, Index z_stride, T* slope, Index slope_stride,
                                       const T* bias, Index rows, Index cols);

    /// In place: z becomes f(z + bias), the same bits as those of `activate`; slope and curvature
    /// become f'(z + bias) and f''(z + bias). One entry per Activation; bias may be null.
    void (*activate_twice[kActivationCount])(T* z, Index z_stride, T* slope, Index slope_stride,
                                             T* curvature, Index curvature_stride, const T* bias,
                                             Index rows, Index cols);

    /// What makes it quicker to ask for rows of an order of less than 2^30: of few rows all of
    /// them, in their order; of more by how much value v of a coordinate, v < width, shifts the
    /// other one in each round, as out[round * width + v].
    void (*order_table)(const RowOrder& order, std::int32_t* out);

    /// out[i] = the row at position first + i of the order, i < count.
    void (*shuffled_rows)(const RowOrder& order, Index first, Index count, std::int64_t* out);

    /// Row i of out (count, cols) = row rows[i] of x.
    void (*copy_rows)(const T* x, Index stride, const std::int64_t* rows, Index count, Index cols,
                      T* out, Index out_stride);

    /// Whether each of n numbers is neither infinite nor not-a-number.
    bool (*all_finite)(const T* x, Index n);

    /// x(i, j) *= y(i, j).
    void (*multiply)(T* x, Index x_stride, const T* y, Index y_stride, Index rows, Index cols);

    /// x(i, j) = 0 where not a(i, j) > 0.
    void (*gate)(T* x, Index x_stride, const T* a, Index a_stride, Index rows, Index cols);

    /// out[j] = [out[j] +] sum over i of x(i, j): every fourth row is one chain, in rising order.
    void (*column_sums)(const T* x, Index stride, Index rows, Index cols, T* out, bool accumulate);

    /// out[i] = e^(x[i] + shift).
    void (*exponential)(const T* x, T shift, T* out, Index n);

    /// out[i] = log(1 + u[i]) for 0 <= u[i] <= 1.
    void (*log1p)(const T* u, T* out, Index n);

    /// y[i] += factor * x[i].
    void (*add_scaled)(T* y, const T* x, T factor, Index n);

    /// Sum of x[i]^2 in double.
    double (*sum_squares)(const T* x, Index n);

    /// One update, in place. `velocity` may be null where momentum is 0.
    void (*descend)(T* params, T* velocity, const T* grads, Index n, const DescentStep& step);
    void (*adam)(T* params, T* mean, T* square, const T* grads, Index n, const AdamStep& step);
    void (*rmsprop)(T* params, T* square, T* velocity, const T* grads, Index n,
                    const RmspropStep& step);
    void (*adagrad)(T* params, T* sum, const T* grads, Index n, const AdagradStep& step);

    /// a (n, n) = U' U becomes U, of which the upper triangle is read and written; numbers below it
    /// may be overwritten and change nothing. inverse[j] = 1 / U(j, j). False where a pivot is not
    /// greater than 0 or not finite.
    bool (*factor_block)(T* a, Index stride, Index n, T* inverse);

    /// x (n, cols), cols <= tile_cols, becomes the solution y of U' y = -x, with U (n, n) and
    /// `inverse` of factor_block. packed (n, tile_cols) becomes the solution too, with zeros past
    /// `cols`.
    void (*substitute)(const T* u, Index u_stride, const T* inverse, Index n, T* x, Index x_stride,
                       Index cols, T* packed);

    /// Sum of x[i] * y[i].
    T (*dot)(const T* x, const T* y, Index n);

    /// out[i] = [out[i] +] sum over j of (x(i, j) + bias[j]) * y(i, j); bias may be null.
    void (*row_dots)(const T* x, Index x_stride, const T* bias, const T* y, Index y_stride,
                     Index rows, Index cols, T* out, bool accumulate);

    /// sum(i, j) = [sum(i, j) +] x(i, j) * (y(i, j) + shift).
    void (*multiply_add)(T* sum, Index sum_stride, const T* x, Index x_stride, const T* y,
                         Index y_stride, T shift, Index rows, Index cols, bool accumulate);

    /// out(i, p * y_cols + q) = x(i, p) * y(i, q).
    void (*outer)(const T* x, Index x_stride, Index x_cols, const T* y, Index y_stride,
                  Index y_cols, T* out, Index out_stride, Index rows);

    /// mask[j] = 0 where number j of the stream of this key is less than `rate`, else 1 / (1 -
    /// rate), and a_out[j] = a_in[j] * mask[j].
    void (*drop)(std::uint64_t key, double rate, Index n, const T* a_in, T* mask, T* a_out);

    /// Of one row: numbers[j] = (a[j] - mean) * inverse with inverse = 1 / sqrt(variance +
    /// epsilon), which is returned, and out[j] = numbers[j] * scale[j] + shift[j]; numbers may be
    /// out.
    double (*normalize)(const T* a, Index n, double epsilon, const T* scale, const T* shift,
                        T* numbers, T* out);

    /// below[j] = inverse * (g[j] - mean(g) - numbers[j] * mean(g * numbers)) with g = delta *
    /// scale.
    void (*normalize_back)(const T* delta, const T* scale, const T* numbers, double inverse,
                           Index n, T* below);

    /// Null in sets without quads.
    TinyKernels<T> tiny_steps;
};

/// Products of floats whose factors are bfloat16s, with sums in float. Numbers too small for a
/// normal float count as 0, and those that round to infinity as infinite.
struct Bfloat16Kernels {
    using Index = std::ptrdiff_t;

    const char* name;

    /// 1: factors are rounded, to the nearest and halfway to the even one. 3: each is cut into
    /// three that make it up, and of the nine products of two such factors the six largest are
    /// added; the others come to less than 2^-22 of all.
    int parts;

    /// The most that one chain adds.
    Index most_depth;

    /// As Kernels::product, for depth <= most_depth, cols <= 256, and with one of the strides of a
    /// and of b 1. `packed` is scratch for parts * depth / 2 * cols pairs, depth and cols rounded
    /// up to multiples of 32. The order of a chain is that of the instruction.
    void (*product)(Index depth, const float* a, Index a_row, Index a_col, const float* b,
                    Index b_row, Index b_col, float* c, Index c_stride, Index rows, Index cols,
                    bool accumulate, const Ending<float>& ending, Bfloat16Pair* packed);
};

/// The kernels of this process: the best the processor can run, or those GRADUS_ISA names. Chosen
/// once. Throws InvalidParameter when GRADUS_ISA names a set that does not exist or that this
/// processor lacks.
template <class T>
const Kernels<T>& kernels();

/// Beside kernels<float>(): what rounds factors to bfloat16, and what cuts them into three; null
/// where the instruction set has no such products.
const Bfloat16Kernels* rounding_kernels();
const Bfloat16Kernels* cutting_kernels();

/// The name of the instruction set chosen, and of those that this build holds and this processor
/// can run, best last.
const char* instruction_set();
int instruction_set_count();
const char* instruction_set(int i);

/// The kernels of those sets, for tests; AMX has AVX-512's.
int available_count();
template <class T>
const Kernels<T>& available(int i);
/// All that this processor can run.
int available_bfloat16_count();
const Bfloat16Kernels& available_bfloat16(int i);

}  // namespace gradus
