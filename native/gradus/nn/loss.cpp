#include "nn/loss.hpp"

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

struct RowLoss {
    double loss;
    double measure;
};

/// log(x) for x >= 1: the exponent by frexp, the rest by the kernels, so that no bit depends on the
/// system's library.
double log_from_one(double x) {
    constexpr double kLn2 = 0.693147180559945309417;
    int exponent = 0;
    const double half_to_one = std::frexp(x, &exponent);
    return (exponent - 1) * kLn2 + kernels<double>().log1p(2 * half_to_one - 1);
}

double exponential(double x) {
    double result;
    kernels<double>().exponential(&x, 0.0, &result, 1);
    return result;
}

/// 1/N sum (yhat - y)^2 over the N outputs of the row; derivative 2/N (yhat - y).
template <class T>
RowLoss squared_error(T* outputs, Index n, const T* y, double scale) {
    const double share = 1.0 / static_cast<double>(n);
    double sum = 0;
    for (Index j = 0; j < n; ++j) {
        const double error = static_cast<double>(outputs[j]) - static_cast<double>(y[j]);
        sum += error * error;
        outputs[j] = static_cast<T>(2 * share * error * scale);
    }
    return {sum * share, sum * share};
}

/// max(z, 0) - z y + log(1 + e^-|z|); derivative (1 - y) sigmoid(z) - y sigmoid(-z), which is
/// sigmoid(z) - y without losing its digits where the two are close.
template <class T>
RowLoss binary_cross_entropy(T* outputs, Index, const T* y, double scale) {
    const double z = static_cast<double>(outputs[0]), target = static_cast<double>(y[0]);
    const double falling = exponential(-std::fabs(z));
    const double loss = (z > 0 ? z : 0) - z * target + kernels<double>().log1p(falling);
    const double above = (z < 0 ? falling : 1.0) / (1.0 + falling);
    const double below = (z < 0 ? 1.0 : falling) / (1.0 + falling);
    outputs[0] = static_cast<T>(((1 - target) * above - target * below) * scale);
    return {std::isnan(z) ? z : loss, (z > 0) == (target > 0.5) ? 1.0 : 0.0};
}

/// log(sum_j e^z_j) - z_y; derivative softmax(z)_j, and for the row's own class minus the sum of
/// the others, which is softmax(z)_y - 1 with all its digits. The largest logit is taken off first.
template <class T>
RowLoss cross_entropy(T* outputs, Index n, const T* y, double scale) {
    // Looked at before the call; once more here, since the caller's array may change meanwhile.
    const Index label = y[0] >= 0 && y[0] < static_cast<T>(n) ? static_cast<Index>(y[0]) : 0;
    Index largest = 0;
    for (Index j = 1; j < n; ++j) {
        if (outputs[j] > outputs[largest]) largest = j;
    }
    const T top = outputs[largest];
    const double below_top = static_cast<double>(top) - static_cast<double>(outputs[label]);
    kernels<T>().exponential(outputs, -top, outputs, n);
    double others = 0;
    for (Index j = 0; j < n; ++j) others += j == label ? 0.0 : static_cast<double>(outputs[j]);
    const double sum = others + static_cast<double>(outputs[label]);
    for (Index j = 0; j < n; ++j) {
        const double part = j == label ? -others : static_cast<double>(outputs[j]);
        outputs[j] = static_cast<T>(part / sum * scale);
    }
    const double right = largest == label ? 1.0 : 0.0;
    if (!std::isfinite(sum)) return {sum, right};
    if (largest == label && others <= 1) return {kernels<double>().log1p(others), right};
    return {log_from_one(sum) + below_top, right};
}

template <class T>
RowLoss row_loss(Loss loss, T* outputs, Index n, const T* y, double scale) {
    switch (loss) {
        case Loss::squared_error:
            return squared_error(outputs, n, y, scale);
        case Loss::binary_cross_entropy:
            return binary_cross_entropy(outputs, n, y, scale);
        default:
            return cross_entropy(outputs, n, y, scale);
    }
}

}  // namespace

template <class T>
void loss_and_delta(const Network& network, MatrixView<T> outputs, MatrixView<const T> y,
                    const T* weights, double weight_sum, Totals& totals) {
    for (Index i = 0; i < outputs.rows; ++i) {
        const double w = weights == nullptr ? 1.0 : static_cast<double>(weights[i]);
        const double scale = weight_sum > 0 ? w / weight_sum : 0.0;
        const RowLoss row = row_loss(network.loss(), outputs.row(i), outputs.cols, y.row(i), scale);
        totals.weight += w;
        if (w == 0) {
            std::fill_n(outputs.row(i), outputs.cols, T(0));
            continue;
        }
        totals.loss += w * row.loss;
        totals.measure += w * row.measure;
    }
}

template void loss_and_delta<float>(const Network&, MatrixView<float>, MatrixView<const float>,
                                    const float*, double, Totals&);
template void loss_and_delta<double>(const Network&, MatrixView<double>, MatrixView<const double>,
                                     const double*, double, Totals&);

}  // namespace gradus
