#include "nn/loss_form.hpp"

#include <string>

#include "base/errors.hpp"

namespace gradus {
namespace {

bool has_right_numbers(Loss loss, std::size_t n) noexcept {
    switch (loss) {
        case Loss::huber:
            return n == 1;
        case Loss::quantile:
            return n >= 1 && n <= LossForm::kMostLevels;
        case Loss::cross_entropy:
        case Loss::binary_cross_entropy:
            return n <= 1;
        default:
            return n == 0;
    }
}

}  // namespace

LossForm::LossForm(int code, std::vector<double> its_numbers,
                   const std::vector<std::pair<int, double>>& program,
                   std::shared_ptr<const ForeignLoss> its_foreign)
    : loss(static_cast<Loss>(code)),
      numbers(std::move(its_numbers)),
      expression(program),
      foreign(std::move(its_foreign)) {
    if (code < 0 || code >= static_cast<int>(kLossNames.size())) {
        throw InvalidParameter("loss must be the code of a loss; got " + std::to_string(code) +
                               ".");
    }
    if (!has_right_numbers(loss, numbers.size())) {
        throw InvalidParameter("numbers must be those of the loss; got " +
                               std::to_string(numbers.size()) + ".");
    }
    if ((loss == Loss::expression) == expression.empty()) {
        throw InvalidParameter("program must be given for an expression, and for nothing else.");
    }
    if ((loss == Loss::functions) != (foreign != nullptr)) {
        throw InvalidParameter("functions must be given for a loss of functions, and no other.");
    }
}

}  // namespace gradus
