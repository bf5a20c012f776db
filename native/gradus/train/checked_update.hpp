// The update of a step, made only where every number stays finite.
#pragma once

#include <cmath>

#include "nn/gradient.hpp"
#include "optim/update.hpp"

namespace gradus {

/// Update number `number` (from 1) by the gradient in `grads`, to which the penalty's is added:
/// clipped to a norm of max_grad_norm, and not made where loss, norm or a new parameter is not
/// finite. Writes the norm before clipping, and to `ratios` what Updater::apply does.
template <class T>
RunStatus checked_update(Updater<T>& updater, const GradientPass<T>& pass, const Parameters<T>& p,
                         T* grads, const Totals& totals, double rate, std::int64_t number,
                         double max_grad_norm, double* ratios, const Crew& crew, double& norm) {
    pass.add_penalty(p.params, grads);
    if (!updater.norm(grads, crew, norm)) return RunStatus::cancelled;
    if (!std::isfinite(totals.loss) || !std::isfinite(norm)) return RunStatus::diverged;
    const double clip = norm > max_grad_norm ? max_grad_norm / norm : 1.0;
    updater.set_step(rate, clip, number);
    if (updater.is_suspicious(norm * clip) && !updater.would_stay_finite(p, grads))
        return RunStatus::diverged;
    updater.apply(p, grads, ratios, crew);
    return RunStatus::done;
}

}  // namespace gradus
