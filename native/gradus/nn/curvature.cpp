#include "nn/curvature.hpp"

#include <algorithm>
#include <cmath>

#include "nn/loss_curvature.hpp"

namespace gradus {
namespace {

template <class T>
void softmax(const T* outputs, Index n, T* p) {
    kernels<T>().exponential(outputs, -*std::max_element(outputs, outputs + n), p, n);
    double sum = 0;
    for (Index j = 0; j < n; ++j) sum += static_cast<double>(p[j]);
    for (Index j = 0; j < n; ++j) p[j] = static_cast<T>(static_cast<double>(p[j]) / sum);
}

}  // namespace

template <class T>
void output_curvature(const Network& network, MatrixView<const T> outputs, MatrixView<const T> y,
                      MatrixView<T> curvature) {
    if (network.loss() == Loss::cross_entropy) {
        for (Index i = 0; i < outputs.rows; ++i)
            softmax(outputs.row(i), outputs.cols, curvature.row(i));
        return;
    }
    for (Index i = 0; i < outputs.rows; ++i) std::fill_n(curvature.row(i), curvature.cols, T(1));
    curvature_product<T>(network, outputs, y, nullptr, 1.0, false, curvature, nullptr);
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

template void output_curvature<float>(const Network&, MatrixView<const float>,
                                      MatrixView<const float>, MatrixView<float>);
template void output_curvature<double>(const Network&, MatrixView<const double>,
                                       MatrixView<const double>, MatrixView<double>);
template void curvature_root<float>(const Network&, MatrixView<const float>, const float*, double,
                                    Index, MatrixView<float>);
template void curvature_root<double>(const Network&, MatrixView<const double>, const double*,
                                     double, Index, MatrixView<double>);

}  // namespace gradus
