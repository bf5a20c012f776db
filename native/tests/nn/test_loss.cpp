// The cross-entropies of many rows at once: the bits of one row after the other, and rows of weight
// 0 that may hold anything.
#include <cmath>
#include <vector>

#include "check.hpp"
#include "nn/loss.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
void check_together(Loss loss, Index n, double smoothing, bool has_weights) {
    constexpr Index kRows = 150;
    const LossForm form(static_cast<int>(loss), {smoothing}, {}, nullptr);
    Network network(2, form, 0, 0);
    network.add_dense(n, static_cast<int>(Activation::identity), true,
                      std::numeric_limits<double>::infinity());
    const Index n_targets = loss == Loss::cross_entropy ? 1 : n;
    std::vector<T> outputs = numbers<T>(kRows * n, 1), y = numbers<T>(kRows * n_targets, 2),
                   weights(static_cast<std::size_t>(kRows), T(1));
    for (T& z : outputs) z *= T(30);
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] = loss == Loss::cross_entropy ? static_cast<T>(i % static_cast<std::size_t>(n))
                                           : T(y[i] > 0 ? 1 : 0);
    }
    for (Index i = 0; has_weights && i < kRows; ++i) {
        weights[static_cast<std::size_t>(i)] = static_cast<T>(i % 3);
        if (i % 3 == 0) outputs[static_cast<std::size_t>(i * n)] = static_cast<T>(NAN);
    }
    const double weight_sum = 150;
    std::vector<T> alone = outputs;
    Totals expected;
    for (Index i = 0; i < kRows; ++i) {
        T* const row = alone.data() + i * n;
        const double w = static_cast<double>(weights[static_cast<std::size_t>(i)]);
        const RowLoss of_row = row_loss(form, row, n, y.data() + i * n_targets, w / weight_sum);
        if (w == 0) std::fill_n(row, n, T(0));
        if (w != 0) expected += {w * of_row.loss, w * of_row.measure, w};
    }
    Totals totals;
    CHECK(loss_and_delta<T>(network, {outputs.data(), kRows, n, n},
                            {y.data(), kRows, n_targets, n_targets},
                            has_weights ? weights.data() : nullptr, weight_sum, totals));
    CHECK(outputs == alone);
    CHECK(totals.loss == expected.loss && totals.measure == expected.measure);
    CHECK(totals.weight == expected.weight && std::isfinite(totals.loss));
}

}  // namespace

int main() {
    for (const double smoothing : {0.0, 0.1}) {
        for (const bool has_weights : {false, true}) {
            for (const Index n : {1, 7, 300})
                check_together<float>(Loss::binary_cross_entropy, n, smoothing, has_weights);
            for (const Index n : {2, 10, 300})
                check_together<double>(Loss::cross_entropy, n, smoothing, has_weights);
            check_together<float>(Loss::cross_entropy, 10, smoothing, has_weights);
            check_together<double>(Loss::binary_cross_entropy, 7, smoothing, has_weights);
        }
    }
    return check::report();
}
