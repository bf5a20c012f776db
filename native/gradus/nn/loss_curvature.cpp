#include "nn/loss_curvature.hpp"

#include <algorithm>
#include <cmath>

#include "nn/quantile.hpp"
#include "nn/scalar_math.hpp"

namespace gradus {
namespace {

/// H = 2/N on the diagonal, for the N outputs of the row.
template <class T>
void squared_error(Index n, T* u, double scale) {
    const double curvature = 2.0 / static_cast<double>(n) * scale;
    for (Index j = 0; j < n; ++j) u[j] = static_cast<T>(curvature * static_cast<double>(u[j]));
}

/// The second derivative of one output's own loss, a share of its row's.
double of_one_output(const LossForm& form, double output, double target) {
    switch (form.loss) {
        case Loss::absolute_error:
            return 0;
        case Loss::huber:
            return std::fabs(output - target) <= form.numbers[0] ? 1 : 0;
        case Loss::poisson:
            return exponential(output);
        case Loss::binary_cross_entropy: {  // sigmoid(z) sigmoid(-z): e^-|z| keeps its digits
            const double falling = exponential(-std::fabs(output));
            return falling / ((1.0 + falling) * (1.0 + falling));
        }
        default:
            return form.expression.at(output, target).curvature;
    }
}

/// H is its diagonal, which for Gauss-Newton is taken as 0 where it is below.
template <class T>
void output_by_output(const LossForm& form, const T* outputs, const T* y, bool is_hessian, Index n,
                      T* u, double scale) {
    const bool is_sum = form.loss == Loss::poisson || form.loss == Loss::binary_cross_entropy;
    const double share = is_sum ? 1.0 : 1.0 / static_cast<double>(n);
    for (Index j = 0; j < n; ++j) {
        double curvature =
            of_one_output(form, static_cast<double>(outputs[j]), static_cast<double>(y[j]));
        if (!is_hessian && curvature < 0) curvature = 0;
        u[j] = static_cast<T>(share * curvature * static_cast<double>(u[j]) * scale);
    }
}

/// H = diag of sigmoid'(z_k) times the slope of the quantiles from k on, and 0 for z_1.
template <class T>
void pinball(const LossForm& form, const T* outputs, const T* y, bool is_hessian, Index n, T* u,
             double scale) {
    PinballRow row;
    pinball_sum(form, outputs, n, static_cast<double>(y[0]), row);
    for (Index k = 0; k < n; ++k) {
        const auto level = static_cast<std::size_t>(k);
        const double falling = k == 0 ? 0 : row.falling[level];
        const double bend = falling / ((1.0 + falling) * (1.0 + falling));
        double curvature = bend * row.slopes[level] / static_cast<double>(n);
        if (!is_hessian && curvature < 0) curvature = 0;
        u[k] = static_cast<T>(curvature * static_cast<double>(u[k]) * scale);
    }
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
void curvature_product(const Network& network, MatrixView<const T> outputs, MatrixView<const T> y,
                       const T* weights, double weight_sum, bool is_hessian, MatrixView<T> u,
                       T* scratch) {
    const LossForm& form = network.loss_form();
    for (Index i = 0; i < u.rows; ++i) {
        const double w = weights == nullptr ? 1.0 : static_cast<double>(weights[i]);
        if (w == 0) {
            std::fill_n(u.row(i), u.cols, T(0));
            continue;
        }
        const double scale = w / weight_sum;
        switch (network.loss()) {
            case Loss::squared_error:
                squared_error(u.cols, u.row(i), scale);
                break;
            case Loss::cross_entropy:
                cross_entropy(outputs.row(i), u.cols, u.row(i), scale, scratch);
                break;
            case Loss::quantile:
                pinball(form, outputs.row(i), y.row(i), is_hessian, u.cols, u.row(i), scale);
                break;
            default:
                output_by_output(form, outputs.row(i), y.row(i), is_hessian, u.cols, u.row(i),
                                 scale);
        }
    }
}

template void curvature_product<float>(const Network&, MatrixView<const float>,
                                       MatrixView<const float>, const float*, double, bool,
                                       MatrixView<float>, float*);
template void curvature_product<double>(const Network&, MatrixView<const double>,
                                        MatrixView<const double>, const double*, double, bool,
                                        MatrixView<double>, double*);

}  // namespace gradus
