#include "nn/loss_curvature.hpp"

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

/// H = 2/N on the diagonal, for the N outputs of the row.
template <class T>
void squared_error(Index n, T* u, double scale) {
    const double curvature = 2.0 / static_cast<double>(n) * scale;
    for (Index j = 0; j < n; ++j) u[j] = static_cast<T>(curvature * static_cast<double>(u[j]));
}

/// H = sigmoid(z) sigmoid(-z), from e^-|z|, which keeps the digits of a small one.
template <class T>
void binary_cross_entropy(const T* outputs, T* u, double scale) {
    const double minus_size = -std::fabs(static_cast<double>(outputs[0]));
    double falling;
    kernels<double>().exponential(&minus_size, 0.0, &falling, 1);
    const double curvature = falling / ((1.0 + falling) * (1.0 + falling));
    u[0] = static_cast<T>(curvature * static_cast<double>(u[0]) * scale);
}

/// H = diag(p) - p p'. It is blind to what is added to all of u, so the u of the largest p is taken
/// off first: a sum near 1 times u then never cancels.
template <class T>
void cross_entropy(const T* outputs, Index n, T* u, double scale, T* exponentials) {
    const Index largest = std::max_element(outputs, outputs + n) - outputs;
    const double shift = static_cast<double>(u[largest]);
    kernels<T>().exponential(outputs, -outputs[largest], exponentials, n);
    double sum = 0, weighted = 0;
    for (Index j = 0; j < n; ++j) {
        const double e = static_cast<double>(exponentials[j]);
        sum += e;
        weighted += e * (static_cast<double>(u[j]) - shift);
    }
    const double mean = weighted / sum;
    for (Index j = 0; j < n; ++j) {
        const double p = static_cast<double>(exponentials[j]) / sum;
        u[j] = static_cast<T>(p * (static_cast<double>(u[j]) - shift - mean) * scale);
    }
}

}  // namespace

template <class T>
void curvature_product(const Network& network, MatrixView<const T> outputs, MatrixView<const T>,
                       const T* weights, double weight_sum, MatrixView<T> u, T* scratch) {
    for (Index i = 0; i < u.rows; ++i) {
        const double w = weights == nullptr ? 1.0 : static_cast<double>(weights[i]);
        if (w == 0) {
            std::fill_n(u.row(i), u.cols, T(0));
            continue;
        }
        switch (network.loss()) {
            case Loss::squared_error:
                squared_error(u.cols, u.row(i), w / weight_sum);
                break;
            case Loss::binary_cross_entropy:
                binary_cross_entropy(outputs.row(i), u.row(i), w / weight_sum);
                break;
            default:
                cross_entropy(outputs.row(i), u.cols, u.row(i), w / weight_sum, scratch);
        }
    }
}

template void curvature_product<float>(const Network&, MatrixView<const float>,
                                       MatrixView<const float>, const float*, double,
                                       MatrixView<float>, float*);
template void curvature_product<double>(const Network&, MatrixView<const double>,
                                        MatrixView<const double>, const double*, double,
                                        MatrixView<double>, double*);

}  // namespace gradus
