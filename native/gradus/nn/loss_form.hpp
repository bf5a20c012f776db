// Which loss a network has, with its numbers, its formula or the functions it is asked of.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/enums.hpp"
#include "base/views.hpp"
#include "nn/expression.hpp"

namespace gradus {

/// A loss that is computed elsewhere, a block of rows at a time; only the thread that made the call
/// asks it.
class ForeignLoss {
public:
    virtual ~ForeignLoss() = default;

    /// Writes the loss of each row to `losses` (rows,) and turns `outputs` into dloss/doutputs.
    /// Returns false where that failed; the caller's call then ends as if it had been stopped.
    virtual bool rows(MatrixView<float> outputs, MatrixView<const float> y,
                      double* losses) const = 0;
    virtual bool rows(MatrixView<double> outputs, MatrixView<const double> y,
                      double* losses) const = 0;
};

/// The loss of a network. `numbers`: delta of Huber, the levels of quantile, the smoothing of a
/// cross-entropy, of which nothing is none.
struct LossForm {
    static constexpr std::size_t kMostLevels = 99;

    Loss loss;
    std::vector<double> numbers;
    Expression expression;
    std::shared_ptr<const ForeignLoss> foreign;

    /// Throws InvalidParameter where a code, the count of numbers or the program is not as needed.
    LossForm(int code, std::vector<double> its_numbers = {},
             const std::vector<std::pair<int, double>>& program = {},
             std::shared_ptr<const ForeignLoss> its_foreign = nullptr);

    bool has_one_target() const noexcept {
        return loss == Loss::cross_entropy || loss == Loss::quantile;
    }
    double label_smoothing() const noexcept { return numbers.empty() ? 0 : numbers[0]; }
};

}  // namespace gradus
