#include "nn/loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/cross_entropies.hpp"
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

template <class T>
RowLoss binary_cross_entropy(double smoothing, T* outputs, Index n, const T* y, double scale) {
    RowLoss row{0, 1};
    for (Index from = 0; from < n; from += BinaryRows::kMost) {
        const Index some = std::min(BinaryRows::kMost, n - from);
        BinaryRows(smoothing, outputs + from, some)
            .add(0, outputs + from, some, y + from, scale, row);
    }
    return row;
}

template <class T>
RowLoss cross_entropy(double smoothing, T* outputs, Index n, const T* y, double scale) {
    return ClassRows(smoothing, outputs, 1, n, y).end(0, outputs, scale);
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

/// As each_row, where `at_once` rows are looked at together first: begin(outputs, rows, y) gives
/// what is then called for each of them.
template <class T, class Begin>
void some_rows(MatrixView<T> outputs, MatrixView<const T> y, const T* weights, double weight_sum,
               Totals& totals, Index at_once, Begin&& begin) {
    for (Index at = 0; at < outputs.rows; at += at_once) {
        const RowRange some{at, std::min(at_once, outputs.rows - at)};
        each_row(outputs.part(some), y.part(some), weights == nullptr ? nullptr : weights + at,
                 weight_sum, totals, begin(outputs.row(at), some.count, y.row(at)));
    }
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
    const Index n = outputs.cols;
    const bool is_together = outputs.stride == n && y.stride == y.cols;
    if (form.loss == Loss::squared_error) {
        const SquaredError error(n);
        each_row(outputs, y, weights, weight_sum, totals, error);
    } else if (form.loss == Loss::binary_cross_entropy && is_together && n <= BinaryRows::kMost) {
        some_rows(outputs, y, weights, weight_sum, totals, BinaryRows::kMost / n,
                  [&](T* first, Index rows, const T*) {
                      return [first, n, some = BinaryRows(form.label_smoothing(), first, rows * n)](
                                 T* row, const T* targets, double scale) {
                          RowLoss loss{0, 1};
                          some.add(row - first, row, n, targets, scale, loss);
                          return loss;
                      };
                  });
    } else if (form.loss == Loss::cross_entropy && is_together) {
        some_rows(outputs, y, weights, weight_sum, totals, ClassRows::kMost,
                  [&](T* first, Index rows, const T* labels) {
                      return [first, n,
                              some = ClassRows(form.label_smoothing(), first, rows, n, labels)](
                                 T* row, const T*, double scale) {
                          return some.end((row - first) / n, row, scale);
                      };
                  });
    } else {
        each_row(outputs, y, weights, weight_sum, totals,
                 [&](T* row, const T* targets, double scale) {
                     return row_loss(form, row, n, targets, scale);
                 });
    }
    return true;
}

template bool loss_and_delta<float>(const Network&, MatrixView<float>, MatrixView<const float>,
                                    const float*, double, Totals&);
template bool loss_and_delta<double>(const Network&, MatrixView<double>, MatrixView<const double>,
                                     const double*, double, Totals&);

}  // namespace gradus
