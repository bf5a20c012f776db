// Second-order products against central differences in double, for networks of every kind of step;
// threads and chunks that must not change a bit.
#include <cmath>
#include <vector>

#include "check.hpp"
#include "nn/batch_gradient.hpp"
#include "nn/second_order.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
struct Problem {
    Network network;
    std::vector<T> params, v, x, y, weights;
    Index n;

    Problem(const Network& net, Index rows)
        : network(net),
          params(numbers<T>(net.n_params(), 1)),
          v(numbers<T>(net.n_params(), 5)),
          x(rows_for<T>(net, rows, 2)),
          y(numbers<T>(rows * net.n_targets(), 3)),
          weights(numbers<T>(rows, 4)),
          n(rows) {
        for (auto& w : weights) w = w + T(1.5);
        if (net.loss() == Loss::cross_entropy) {
            for (std::size_t i = 0; i < y.size(); ++i)
                y[i] = static_cast<T>(i % static_cast<std::size_t>(net.n_outputs()));
        }
    }
    MatrixView<const T> inputs() const {
        return {x.data(), n, network.n_inputs(), network.n_inputs()};
    }
    MatrixView<const T> targets() const {
        return {y.data(), n, network.n_targets(), network.n_targets()};
    }
    std::vector<T> along(T step) const {
        std::vector<T> theta = params;
        for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += step * v[i];
        return theta;
    }
    std::vector<T> gradient(const std::vector<T>& theta) const {
        Watch watch(nullptr, nullptr, 0);
        std::vector<T> grads(params.size());
        Totals totals;
        CHECK(batch_gradient(network, theta.data(), inputs(), targets(), weights.data(),
                             grads.data(), Crew(1, watch), totals));
        return grads;
    }
    std::vector<T> outputs(const std::vector<T>& theta) const {
        Watch watch(nullptr, nullptr, 0);
        std::vector<T> all(static_cast<std::size_t>(n * network.n_outputs()));
        CHECK(
            network_outputs(network, theta.data(), inputs(),
                            MatrixView<T>{all.data(), n, network.n_outputs(), network.n_outputs()},
                            Crew(1, watch)));
        return all;
    }
    template <class Pass>
    std::vector<T> product(int n_threads) const {
        Watch watch(nullptr, nullptr, 0);
        std::vector<T> out(params.size());
        CHECK(second_order_product<Pass>(network, params.data(), inputs(), targets(),
                                         weights.data(), v.data(), out.data(),
                                         Crew(n_threads, watch)));
        return out;
    }
};

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

/// Layers of one activation; a norm or sum, which wants a width twice, at the places asked for.
struct Kinds {
    bool norm_first = false, norm_between = false, sum_of_input = false, sum_between = false;
    bool has_embeddings = false;
};

Network make(const Kinds& kinds, Activation f, Loss loss, double l2) {
    const int code = static_cast<int>(f);
    Network network(4, static_cast<int>(loss), 0.3, l2,
                    kinds.has_embeddings
                        ? std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 2}}
                        : std::vector<std::pair<std::int64_t, std::int64_t>>{});
    const Index width = network.input_width();
    if (kinds.norm_first) network.add_norm(1e-3);
    if (kinds.sum_of_input) {
        network.add_dense(6, code, true, kNoLimit);
        network.add_dropout(0.5);
        network.add_dense(width, code, false, kNoLimit);
        network.add_sum(kinds.norm_first ? 0 : Step::kInput);
    }
    network.add_dense(7, code, true, kNoLimit);
    if (kinds.norm_between) network.add_norm(1e-5);
    if (kinds.sum_between) {
        const auto source = static_cast<std::int64_t>(network.steps().size()) - 1;
        network.add_dense(5, code, true, kNoLimit);
        if (kinds.norm_between) network.add_norm(1e-5);
        network.add_dense(7, code, true, kNoLimit);
        network.add_sum(source);
    }
    const bool is_free = loss == Loss::squared_error;
    network.add_dense(3, is_free ? code : static_cast<int>(Activation::identity), true, kNoLimit);
    return network;
}

double largest(const std::vector<double>& x) {
    double most = 0;
    for (double each : x) most = std::fmax(most, std::fabs(each));
    return most;
}

void check_differences(const Network& network) {
    const Problem<double> p(network, 9);
    const double h = 6e-6;
    const auto up = p.gradient(p.along(h)), down = p.gradient(p.along(-h));
    const auto hessian = p.product<HessianPass<double>>(1);
    for (std::size_t i = 0; i < hessian.size(); ++i)
        CHECK_NEAR(hessian[i], (up[i] - down[i]) / (2 * h), 1e-6 * largest(hessian));

    if (network.loss() != Loss::squared_error) return;
    // v' G v = sum over rows of their share * 2/N |J v|^2, and l2 |v|^2 on the weights.
    const auto high = p.outputs(p.along(h)), low = p.outputs(p.along(-h));
    double total = 0, expected = 0, got = 0;
    for (double w : p.weights) total += w;
    for (std::size_t k = 0; k < high.size(); ++k) {
        const double jv = (high[k] - low[k]) / (2 * h);
        expected += p.weights[k / 3] / total * 2 / 3 * jv * jv;
    }
    std::vector<double> penalty(p.v.size(), 0.0);
    add_penalty_product(network, p.v.data(), penalty.data());
    const auto gauss_newton = p.product<GaussNewtonPass<double>>(1);
    for (std::size_t i = 0; i < penalty.size(); ++i) {
        expected += p.v[i] * penalty[i];
        got += p.v[i] * gauss_newton[i];
    }
    CHECK_NEAR(got, expected, 1e-6 * expected);
}

void check_every_kind() {
    for (int bits = 0; bits < 32; ++bits) {
        const Kinds kinds{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0,
                          (bits & 16) != 0};
        for (const Loss loss : {Loss::squared_error, Loss::cross_entropy}) {
            for (const Activation f : {Activation::tanh, Activation::softplus})
                check_differences(make(kinds, f, loss, 0.1));
        }
    }
}

/// Chains as long as bfloat16's (where there are some) are packed in one block.
void check_wide_layers() {
    const Network network = dense_network({600, 256, 100, 2}, {2, 2, 0}, {1, 1, 1}, 0, 0.01);
    const Problem<float> wide(network, 70);
    CHECK(wide.product<HessianPass<float>>(2) == wide.product<HessianPass<float>>(1));
    CHECK(wide.product<GaussNewtonPass<float>>(2) == wide.product<GaussNewtonPass<float>>(1));
}

template <class T>
void check_same_bits() {
    const Problem<T> big(
        make({true, true, true, true, true}, Activation::gelu, Loss::cross_entropy, 0.01), 5000);
    const auto hessian = big.template product<HessianPass<T>>(1);
    const auto gauss_newton = big.template product<GaussNewtonPass<T>>(1);
    for (const int n_threads : {2, 3, 5}) {
        CHECK(big.template product<HessianPass<T>>(n_threads) == hessian);
        CHECK(big.template product<GaussNewtonPass<T>>(n_threads) == gauss_newton);
    }
}

}  // namespace

int main() {
    check_every_kind();
    check_wide_layers();
    check_same_bits<float>();
    check_same_bits<double>();
    return check::report();
}
