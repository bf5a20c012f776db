#include "nn/loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/quantile.hpp"
#include "nn/scalar_math.hpp"

namespace gradus {
namespace {

/// What one output adds to its row: a loss, its derivative, a measure.
struct OneOutput {
    double loss;
    double slope;
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

/// 1/N sum (yhat - y)^2 over the N outputs of the row; derivative 2/N (yhat - y). The difference is
/// one of T: it is rounded once, and the way back waits for no conversion.
class SquaredError {
public:
    explicit SquaredError(Index n) noexcept : n_(n), share_(1.0 / static_cast<double>(n)) {}

    template <class T>
    RowLoss operator()(T* outputs, const T* y, double scale) const noexcept {
        const T factor = static_cast<T>(2 * share_ * scale);
        double sum = 0;
        for (Index j = 0; j < n_; ++j) {
            const T error = outputs[j] - y[j];
            sum += static_cast<double>(error) * static_cast<double>(error);
            outputs[j] = error * factor;
        }
        return {sum * share_, sum * share_};
    }

private:
    Index n_;
    double share_;
};

double sign(double x) noexcept { return x > 0 ? 1 : x < 0 ? -1 : 0; }

OneOutput absolute_error(double error) noexcept {
    const double size = std::fabs(error);
    return {size, sign(error), size};
}

/// e^2 / 2 up to delta, delta (|e| - delta / 2) beyond; derivative e, cut off at delta.
OneOutput huber(double error, double delta) noexcept {
    const double size = std::fabs(error);
    if (size > delta) return {delta * (size - delta / 2), delta * sign(error), size};
    return {error * error / 2, error, size};
}

/// e^z - y z - y + y log y; derivative e^z - y.
OneOutput poisson(double z, double y) {
    const double mean = exponential(z);
    const double loss = mean - y + (y > 0 ? y * (logarithm(y) - z) : -y * z);
    return {loss, mean - y, 2 * loss};
}

OneOutput one_output(const LossForm& form, double output, double target) {
    switch (form.loss) {
        case Loss::absolute_error:
            return absolute_error(output - target);
        case Loss::huber:
            return huber(output - target, form.numbers[0]);
        case Loss::poisson:
            return poisson(output, target);
        default: {
            const Jet jet = form.expression.at(output, target);
            return {jet.value, jet.slope, jet.value};
        }
    }
}

/// The losses of one output and its target each: their mean over the outputs, for counts their sum.
template <class T>
RowLoss output_by_output(const LossForm& form, T* outputs, Index n, const T* y, double scale) {
    const double share = form.loss == Loss::poisson ? 1.0 : 1.0 / static_cast<double>(n);
    RowLoss row{0, 0};
    for (Index j = 0; j < n; ++j) {
        const OneOutput one =
            one_output(form, static_cast<double>(outputs[j]), static_cast<double>(y[j]));
        row.loss += one.loss;
        row.measure += one.measure;
        outputs[j] = static_cast<T>(share * one.slope * scale);
    }
    return {row.loss * share, row.measure * share};
}

/// The mean of the pinball losses over the levels; derivative by z_1 the slope of all quantiles, by
/// another z_k sigmoid(z_k) times that of the quantiles from k on.
template <class T>
RowLoss pinball(const LossForm& form, T* outputs, Index n, const T* y, double scale) {
    const double share = 1.0 / static_cast<double>(n);
    PinballRow row;
    const double loss = share * pinball_sum(form, outputs, n, static_cast<double>(y[0]), row);
    for (Index k = 0; k < n; ++k) {
        const double slope = row.slopes[static_cast<std::size_t>(k)] * share * scale;
        const double falling = k == 0 ? 0 : row.falling[static_cast<std::size_t>(k)];
        const double rise = k > 0 && outputs[k] < 0 ? falling : 1.0;
        outputs[k] = static_cast<T>(rise / (1.0 + falling) * slope);
    }
    return {loss, loss};
}

/// Over the outputs the sum of max(z, 0) - z y + log(1 + e^-|z|); derivative (1 - y) sigmoid(z) - y
/// sigmoid(-z), which is sigmoid(z) - y without losing its digits where the two are close.
template <class T>
RowLoss binary_cross_entropy(double smoothing, T* outputs, Index n, const T* y, double scale) {
    RowLoss row{0, 1};
    for (Index j = 0; j < n; ++j) {
        const double z = static_cast<double>(outputs[j]), label = static_cast<double>(y[j]);
        const double target = smoothing == 0 ? label : (1 - smoothing) * label + smoothing / 2;
        const double falling = exponential(-std::fabs(z));
        const double loss = (z > 0 ? z : 0) - z * target + kernels<double>().log1p(falling);
        const double above = (z < 0 ? falling : 1.0) / (1.0 + falling);
        const double below = (z < 0 ? 1.0 : falling) / (1.0 + falling);
        outputs[j] = static_cast<T>(((1 - target) * above - target * below) * scale);
        row.loss += std::isnan(z) ? z : loss;
        if ((z > 0) != (label > 0.5)) row.measure = 0;
    }
    return row;
}

/// log(sum_j e^z_j) - z_y; derivative softmax(z)_j, and for the row's own class minus the sum of
/// the others, which is softmax(z)_y - 1 with all its digits. The largest logit is taken off first.
/// Smoothing a adds a (z_y - mean of z) to the loss, and to the derivative a ([j = y] - 1/n).
template <class T>
RowLoss cross_entropy(double smoothing, T* outputs, Index n, const T* y, double scale) {
    // Looked at before the call; once more here, since the caller's array may change meanwhile.
    const Index label = y[0] >= 0 && y[0] < static_cast<T>(n) ? static_cast<Index>(y[0]) : 0;
    Index largest = 0;
    double z_sum = 0;
    for (Index j = 0; j < n; ++j) {
        if (outputs[j] > outputs[largest]) largest = j;
        z_sum += static_cast<double>(outputs[j]) - static_cast<double>(outputs[label]);
    }
    const T top = outputs[largest];
    const double below_top = static_cast<double>(top) - static_cast<double>(outputs[label]);
    const double extra = smoothing == 0 ? 0 : -smoothing * z_sum / static_cast<double>(n);
    kernels<T>().exponential(outputs, -top, outputs, n);
    double others = 0;
    for (Index j = 0; j < n; ++j) others += j == label ? 0.0 : static_cast<double>(outputs[j]);
    const double sum = others + static_cast<double>(outputs[label]);
    for (Index j = 0; j < n; ++j) {
        const double part = j == label ? -others : static_cast<double>(outputs[j]);
        const double moved =
            smoothing == 0 ? 0 : smoothing * ((j == label) - 1.0 / static_cast<double>(n));
        outputs[j] = static_cast<T>((part / sum + moved) * scale);
    }
    const double right = largest == label ? 1.0 : 0.0;
    if (!std::isfinite(sum)) return {sum, right};
    if (largest == label && others <= 1) return {kernels<double>().log1p(others) + extra, right};
    return {log_from_one(sum) + below_top + extra, right};
}

/// The losses of all rows from elsewhere, and their derivatives times each row's scale.
template <class T>
bool foreign_loss(const ForeignLoss& foreign, MatrixView<T> outputs, MatrixView<const T> y,
                  const T* weights, double weight_sum, Totals& totals) {
    std::vector<double> losses(static_cast<std::size_t>(outputs.rows));
    if (!foreign.rows(outputs, y, losses.data())) return false;
    for (Index i = 0; i < outputs.rows; ++i) {
        const double w = weights == nullptr ? 1.0 : static_cast<double>(weights[i]);
        const double scale = weight_sum > 0 ? w / weight_sum : 0.0;
        T* row = outputs.row(i);
        totals.weight += w;
        for (Index j = 0; j < outputs.cols; ++j) {
            row[j] = w == 0 ? T(0) : static_cast<T>(static_cast<double>(row[j]) * scale);
        }
        if (w == 0) continue;
        totals.loss += w * losses[static_cast<std::size_t>(i)];
        totals.measure += w * losses[static_cast<std::size_t>(i)];
    }
    return true;
}

template <class T, class OfRow>
void each_row(MatrixView<T> outputs, MatrixView<const T> y, const T* weights, double weight_sum,
              Totals& totals, OfRow&& of_row) {
    const auto scale_of = [&](double w) { return weight_sum > 0 ? w / weight_sum : 0.0; };
    Totals sums = totals;
    if (weights == nullptr) {
        const double scale = scale_of(1);
        for (Index i = 0; i < outputs.rows; ++i) {
            const RowLoss row = of_row(outputs.row(i), y.row(i), scale);
            sums.loss += row.loss;
            sums.measure += row.measure;
        }
        sums.weight += static_cast<double>(outputs.rows);
        totals = sums;
        return;
    }
    double w = 1, scale = scale_of(w);  // most rows weigh what the one before did
    for (Index i = 0; i < outputs.rows; ++i) {
        if (static_cast<double>(weights[i]) != w) {
            w = static_cast<double>(weights[i]);
            scale = scale_of(w);
        }
        const RowLoss row = of_row(outputs.row(i), y.row(i), scale);
        sums.weight += w;
        if (w == 0) {
            std::fill_n(outputs.row(i), outputs.cols, T(0));
            continue;
        }
        sums.loss += w * row.loss;
        sums.measure += w * row.measure;
    }
    totals = sums;
}

}  // namespace

template <class T>
RowLoss row_loss(const LossForm& form, T* outputs, Index n, const T* y, double scale) {
    switch (form.loss) {
        case Loss::squared_error:
            return SquaredError(n)(outputs, y, scale);
        case Loss::binary_cross_entropy:
            return binary_cross_entropy(form.label_smoothing(), outputs, n, y, scale);
        case Loss::cross_entropy:
            return cross_entropy(form.label_smoothing(), outputs, n, y, scale);
        case Loss::quantile:
            return pinball(form, outputs, n, y, scale);
        default:
            return output_by_output(form, outputs, n, y, scale);
    }
}

template RowLoss row_loss<float>(const LossForm&, float*, Index, const float*, double);
template RowLoss row_loss<double>(const LossForm&, double*, Index, const double*, double);

template <class T>
bool loss_and_delta(const Network& network, MatrixView<T> outputs, MatrixView<const T> y,
                    const T* weights, double weight_sum, Totals& totals) {
    const LossForm& form = network.loss_form();
    if (form.foreign != nullptr) {
        return foreign_loss(*form.foreign, outputs, y, weights, weight_sum, totals);
    }
    if (form.loss == Loss::squared_error) {
        const SquaredError error(outputs.cols);
        each_row(outputs, y, weights, weight_sum, totals, error);
    } else {
        each_row(outputs, y, weights, weight_sum, totals,
                 [&](T* row, const T* targets, double scale) {
                     return row_loss(form, row, outputs.cols, targets, scale);
                 });
    }
    return true;
}

template bool loss_and_delta<float>(const Network&, MatrixView<float>, MatrixView<const float>,
                                    const float*, double, Totals&);
template bool loss_and_delta<double>(const Network&, MatrixView<double>, MatrixView<const double>,
                                     const double*, double, Totals&);

}  // namespace gradus
