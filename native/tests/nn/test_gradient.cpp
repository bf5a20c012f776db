// Gradients against central differences in double; threads, chunks and batch sizes that must not
// change a bit.
#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "check.hpp"
#include "nn/batch_gradient.hpp"
#include "nn/evaluate.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
struct Problem {
    Network network;
    std::vector<T> params, x, y, weights;
    Index n;

    Problem(const Network& net, Index rows)
        : network(net),
          params(numbers<T>(net.n_params(), 1)),
          x(numbers<T>(rows * net.n_inputs(), 2)),
          y(numbers<T>(rows * net.n_targets(), 3)),
          weights(numbers<T>(rows, 4)),
          n(rows) {
        for (auto& w : weights) w = w + T(1.5);
        for (std::size_t i = 0; i < y.size(); ++i) {
            if (net.loss() == Loss::binary_cross_entropy) y[i] = y[i] > 0 ? T(1) : T(0);
            if (net.loss() == Loss::poisson) y[i] = std::round(2 + 2 * y[i]);
            if (net.loss() == Loss::cross_entropy)
                y[i] = static_cast<T>(i % static_cast<std::size_t>(net.n_outputs()));
        }
    }
    MatrixView<const T> inputs() const {
        return {x.data(), n, network.n_inputs(), network.n_inputs()};
    }
    MatrixView<const T> targets() const {
        return {y.data(), n, network.n_targets(), network.n_targets()};
    }
    double loss(const std::vector<T>& theta) const {
        Watch watch(nullptr, nullptr, 0);
        Totals totals;
        network_totals(network, theta.data(), inputs(), targets(), weights.data(), Crew(1, watch),
                       totals);
        return totals.loss / totals.weight;
    }
    std::vector<T> gradient(int n_threads) const {
        Watch watch(nullptr, nullptr, 0);
        std::vector<T> grads(params.size());
        Totals totals;
        CHECK(batch_gradient(network, params.data(), inputs(), targets(), weights.data(),
                             grads.data(), Crew(n_threads, watch), totals));
        CHECK_NEAR(totals.loss / totals.weight, loss(params), 1e-5);
        return grads;
    }
};

Network net(std::vector<std::int64_t> widths, Activation f, Loss loss, double l2) {
    std::vector<int> activations(widths.size() - 1, static_cast<int>(f)),
        biases(widths.size() - 1, 1);
    if (loss != Loss::squared_error) activations.back() = static_cast<int>(Activation::identity);
    biases[0] = 0;
    return dense_network(widths, activations, biases, static_cast<int>(loss), l2);
}

void check_central_differences() {
    for (int f = 0; f < 6; ++f) {
        for (const Loss loss : {Loss::squared_error, Loss::absolute_error, Loss::poisson,
                                Loss::binary_cross_entropy, Loss::cross_entropy}) {
            const Index n_outputs = loss == Loss::binary_cross_entropy ? 1 : 3;
            const double l2 = 0.1;
            Problem<double> p(net({3, 5, n_outputs}, static_cast<Activation>(f), loss, l2), 11);
            const auto grads = p.gradient(1);
            double largest = 0;
            for (double g : grads) largest = std::fmax(largest, std::fabs(g));
            for (std::size_t i = 0; i < grads.size(); ++i) {
                const double h = 6e-6;
                auto high = p.params, low = p.params;
                high[i] += h;
                low[i] -= h;
                const auto& layer = p.network.layers();
                bool is_weight = false;
                for (const auto& l : layer) {
                    is_weight = is_weight || (static_cast<Index>(i) >= l.weight_at &&
                                              static_cast<Index>(i) < l.bias_at());
                }
                const double slope =
                    (p.loss(high) - p.loss(low)) / (2 * h) + (is_weight ? l2 * p.params[i] : 0);
                CHECK_NEAR(grads[i], slope, 1e-6 * largest);
            }
        }
    }
}

template <class T>
void check_same_bits() {
    Problem<T> big(net({70, 130, 90, 2}, Activation::tanh, Loss::squared_error, 0.01), 5000);
    const auto one = big.gradient(1);
    for (const int n_threads : {2, 3, 5, 8}) CHECK(big.gradient(n_threads) == one);

    Problem<T> many_inputs(net({1003, 60, 2}, Activation::tanh, Loss::squared_error, 0.01), 200);
    const auto alone = many_inputs.gradient(1);
    for (const int n_threads : {2, 3, 4, 8}) CHECK(many_inputs.gradient(n_threads) == alone);
}

template <class T>
void check_one_row_as_in_a_batch() {
    const Problem<T> p(net({9, 70, 33, 4}, Activation::gelu, Loss::squared_error, 0), 600);
    Watch watch(nullptr, nullptr, 0);
    std::vector<T> all(static_cast<std::size_t>(p.n * 4));
    CHECK(network_outputs(p.network, p.params.data(), p.inputs(),
                          MatrixView<T>{all.data(), p.n, 4, 4}, Crew(3, watch)));
    for (const Index i : {0, 1, 255, 256, 599}) {
        T alone[4];
        const MatrixView<const T> row{p.inputs().row(i), 1, 9, 9};
        CHECK(network_outputs(p.network, p.params.data(), row, MatrixView<T>{alone, 1, 4, 4},
                              Crew(1, watch)));
        for (Index j = 0; j < 4; ++j) CHECK(alone[j] == all[static_cast<std::size_t>(i * 4 + j)]);
    }
}

}  // namespace

int main() {
    check_central_differences();
    check_same_bits<float>();
    check_same_bits<double>();
    check_one_row_as_in_a_batch<float>();
    check_one_row_as_in_a_batch<double>();
    return check::report();
}
