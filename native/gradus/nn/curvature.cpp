#include "nn/curvature.hpp"

#include <algorithm>
#include <cmath>

#include "nn/scalar_math.hpp"

namespace gradus {
namespace {

/// e^z of a count; s(z) (1 - s(z)) = e / (1 + e)^2 with e = exp(-|z|) of a label.
double one_curvature(Loss loss, double z) {
    if (loss == Loss::poisson) return exponential(z);
    const double e = exponential(-std::fabs(z));
    return e / ((1 + e) * (1 + e));
}

template <class T>
void softmax(T* outputs, Index n) {
    kernels<T>().exponential(outputs, -*std::max_element(outputs, outputs + n), outputs, n);
    double sum = 0;
    for (Index j = 0; j < n; ++j) sum += static_cast<double>(outputs[j]);
    for (Index j = 0; j < n; ++j)
        outputs[j] = static_cast<T>(static_cast<double>(outputs[j]) / sum);
}

}  // namespace

template <class T>
void output_curvature(const Network& network, MatrixView<T> outputs) {
    for (Index i = 0; i < outputs.rows; ++i) {
        T* row = outputs.row(i);
        switch (network.loss()) {
            case Loss::squared_error:
                std::fill_n(row, outputs.cols, static_cast<T>(2.0 / double(outputs.cols)));
                break;
            case Loss::absolute_error:
                std::fill_n(row, outputs.cols, T(0));
                break;
            case Loss::poisson:
            case Loss::binary_cross_entropy:
                for (Index j = 0; j < outputs.cols; ++j) {
                    const double z = static_cast<double>(row[j]);
                    row[j] = static_cast<T>(one_curvature(network.loss(), z));
                }
                break;
            default:
                softmax(row, outputs.cols);
        }
    }
}

template <class T>
void curvature_root(const Network& network, MatrixView<const T> curvature, const T* weights,
                    double weight_sum, Index o, MatrixView<T> root) {
    for (Index i = 0; i < root.rows; ++i) {
        const double w = weights == nullptr ? 1.0 : static_cast<double>(weights[i]);
        const double entry = static_cast<double>(curvature.row(i)[o]);
        const double scale = w > 0 ? std::sqrt(w / weight_sum * entry) : 0.0;
        for (Index k = 0; k < root.cols; ++k) {
            double share = k == o ? 1.0 : 0.0;
            if (network.loss() == Loss::cross_entropy)
                share -= static_cast<double>(curvature.row(i)[k]);
            root.row(i)[k] = w > 0 ? static_cast<T>(scale * share) : T(0);
        }
    }
}

template void output_curvature<float>(const Network&, MatrixView<float>);
template void output_curvature<double>(const Network&, MatrixView<double>);
template void curvature_root<float>(const Network&, MatrixView<const float>, const float*, double,
                                    Index, MatrixView<float>);
template void curvature_root<double>(const Network&, MatrixView<const double>, const double*,
                                     double, Index, MatrixView<double>);

}  // namespace gradus
