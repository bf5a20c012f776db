// Several quantiles of one row that never cross, and what the pinball loss makes of them.
#pragma once

#include <array>
#include <cmath>

#include "nn/loss_form.hpp"
#include "nn/scalar_math.hpp"

namespace gradus {

/// dloss/dq_k of one row, before the division by the number of levels.
using LevelSlopes = std::array<double, LossForm::kMostLevels>;

/// Sum of max(t (y - q), (t - 1) (y - q)) with q_1 = z_1 and q_k = q_(k-1) + log(1 + e^z_k). Writes
/// to `slopes` the sums over j >= k of its derivative by q_j: -t below y, 1 - t above, 0 on it.
template <class T>
double pinball_sum(const LossForm& form, const T* outputs, Index n, double y, LevelSlopes& slopes) {
    double q = 0, sum = 0;
    for (Index k = 0; k < n; ++k) {
        const auto level_at = static_cast<std::size_t>(k);
        const double z = static_cast<double>(outputs[k]), level = form.numbers[level_at];
        q += k == 0 ? z : (z > 0 ? z : 0) + logarithm_1p(exponential(-std::fabs(z)));
        const double missing = y - q;
        sum += missing * (missing > 0 ? level : level - 1);
        slopes[level_at] = missing > 0 ? -level : missing < 0 ? 1 - level : 0;
    }
    for (std::size_t k = static_cast<std::size_t>(n) - 1; k-- > 0;) slopes[k] += slopes[k + 1];
    return sum;
}

}  // namespace gradus
