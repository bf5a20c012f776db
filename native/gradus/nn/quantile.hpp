// Several quantiles of one row that never cross, and what the pinball loss makes of them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "nn/loss_form.hpp"
#include "nn/scalar_math.hpp"

namespace gradus {

/// Of one row, by level: dloss/dq_k before the division by the number of levels, summed over the
/// levels from k on, and e^-|z_k| for all but the first.
struct PinballRow {
    std::array<double, LossForm::kMostLevels> slopes;
    std::array<double, LossForm::kMostLevels + 8> falling;  // with room for whole vectors
};

/// Sum of max(t (y - q), (t - 1) (y - q)) with q_1 = z_1 and q_k = q_(k-1) + log(1 + e^z_k). Its
/// derivative by q_j is -t below y, 1 - t above, 0 on it.
template <class T>
double pinball_sum(const LossForm& form, const T* outputs, Index n, double y, PinballRow& row) {
    double* const falling = row.falling.data() + 1;
    double logs[LossForm::kMostLevels + 8];  // of 1 + falling
    const Index whole = whole_vectors(n - 1);
    for (Index k = 1; k < n; ++k) falling[k - 1] = -std::fabs(static_cast<double>(outputs[k]));
    std::fill(falling + n - 1, falling + whole, 0.0);
    kernels<double>().exponential(falling, 0.0, falling, whole);
    kernels<double>().log1p(falling, logs, whole);
    double q = static_cast<double>(outputs[0]), sum = 0;
    for (Index k = 0; k < n; ++k) {
        const auto level_at = static_cast<std::size_t>(k);
        const double z = static_cast<double>(outputs[k]), level = form.numbers[level_at];
        if (k > 0) q += (z > 0 ? z : 0) + logs[k - 1];
        const double missing = y - q;
        sum += missing * (missing > 0 ? level : level - 1);
        row.slopes[level_at] = missing > 0 ? -level : missing < 0 ? 1 - level : 0;
    }
    for (std::size_t k = static_cast<std::size_t>(n) - 1; k-- > 0;)
        row.slopes[k] += row.slopes[k + 1];
    return sum;
}

}  // namespace gradus
