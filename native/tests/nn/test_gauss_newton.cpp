// The Gauss-Newton matrix and the row products: threads that must not change a bit, both forms of a
// step, and a stop in the middle.
#include "nn/gauss_newton.hpp"

#include <limits>
#include <thread>
#include <vector>

#include "check.hpp"
#include "nn/batch_gradient.hpp"
#include "nn/row_form.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
MatrixView<T> view(std::vector<T>& v, Index rows, Index cols) {
    return {v.data(), rows, cols, cols};
}

Network network(std::vector<std::int64_t> widths, double l2) {
    Network net(widths[0], LossForm(static_cast<int>(Loss::squared_error)), 0, l2);
    for (std::size_t l = 1; l < widths.size(); ++l) {
        const bool is_last = l + 1 == widths.size();
        const Activation f = is_last ? Activation::identity : Activation::tanh;
        net.add_dense(widths[l], static_cast<int>(f), l != 2,
                      std::numeric_limits<double>::infinity());
    }
    return net;
}

/// Rows with their parameters, and what is computed from them.
template <class T>
struct Case {
    Network net;
    Index n;
    std::vector<T> params, x, y, g;  // g is empty until `matrix`

    Case(const Network& its_net, Index rows)
        : net(its_net),
          n(rows),
          params(numbers<T>(net.n_params(), 1)),
          x(rows_for<T>(net, rows, 2)),
          y(numbers<T>(rows * net.n_outputs(), 3)) {}

    Index m() const { return n * net.n_outputs(); }

    bool matrix(const Crew& crew) {
        g.resize(static_cast<std::size_t>(net.n_params() * net.n_params()));
        GaussNewton<T> sum(net, n, crew.n_threads());
        return sum.matrix(params.data(), view(x, n, net.n_inputs()), view(y, n, net.n_outputs()),
                          nullptr, static_cast<double>(n), view(g, net.n_params(), net.n_params()),
                          crew);
    }

    Factored step_by_rows(double damping, std::vector<T>& step, const Crew& crew) {
        Index in = 0, out = 0;
        for (const DenseLayer& layer : net.layers()) in += layer.fan_in, out += layer.fan_out;
        const auto square = static_cast<std::size_t>(m() * m());
        std::vector<T> fed(static_cast<std::size_t>(m() * in)),
            delta(static_cast<std::size_t>(m() * out));
        std::vector<T> of_weights(square), of_biases(square);
        std::vector<T> factor(static_cast<std::size_t>(m() * (m() + 1)));
        const Index biased = net.l2() == 0 ? 0 : m();
        const RowProducts<T> products{m(), fed.data(), delta.data(), view(of_weights, m(), m()),
                                      view(of_biases, biased, biased)};
        RowSums<T> sums(net, n, crew.n_threads());
        const RowForm<T> form(net, m(), crew.n_threads());
        std::vector<T> inputs(square), again;
        std::vector<T> grads(params.size()), expected(grads);
        Totals totals;
        batch_gradient(net, params.data(), MatrixView<const T>(view(x, n, net.n_inputs())),
                       MatrixView<const T>(view(y, n, net.n_outputs())),
                       static_cast<const T*>(nullptr), expected.data(), crew, totals);
        // What is kept of the inputs is as good as computed anew, and as not kept.
        for (const int kept : {0, 1, 2}) {
            const Index side = kept == 0 ? 0 : m();
            again = of_weights;
            if (!sums.sum(params.data(), view(x, n, net.n_inputs()), view(y, n, net.n_outputs()),
                          nullptr, static_cast<double>(n), {view(inputs, side, side), kept == 2},
                          products, grads.data(), crew)) {
                return Factored::stopped;
            }
            CHECK(grads == expected);
            for (Index i = 0; kept > 0 && i < m(); ++i) {
                const auto from = static_cast<std::size_t>(i * m() + i);
                CHECK(std::equal(&again[from], &again[from] + m() - i, &of_weights[from]));
            }
        }
        // Any vector will do as a gradient.
        return form.step(products, params.data(), damping, view(factor, m(), m() + 1), step.data(),
                         crew);
    }
};

template <class T>
void check_threads(Index rows) {
    Watch watch(nullptr, nullptr, 0);
    Case<T> one(network({9, 30, 12, 2}, 0.01), rows);
    CHECK(one.matrix(Crew(1, watch)));
    std::vector<T> step(one.params.size());
    CHECK(one.step_by_rows(0.1, step, Crew(1, watch)) == Factored::done);
    for (const int n_threads : {2, 3, 5}) {
        Case<T> many(one.net, rows);
        std::vector<T> again(step.size());
        CHECK(many.matrix(Crew(n_threads, watch)));
        CHECK(many.g == one.g);
        CHECK(many.step_by_rows(0.1, again, Crew(n_threads, watch)) == Factored::done);
        CHECK(again == step);
    }
}

void check_both_forms() {
    Watch watch(nullptr, nullptr, 0);
    const Crew crew(1, watch);
    Case<double> small(network({5, 20, 7, 2}, 0.02), 40);
    const Index p = small.net.n_params();
    CHECK(small.matrix(crew));
    std::vector<double> factor(small.g.size()), step(small.params.size()), by_rows(step);
    const Damped<double> fill{view(small.g, p, p), 0.3, view(factor, p, p)};
    const Cholesky<double> cholesky(kernels<double>(), p, 1);
    CHECK(cholesky.factor(view(factor, p, p), crew, fill) == Factored::done);
    for (std::size_t i = 0; i < step.size(); ++i) step[i] = -small.params[i];
    CHECK(cholesky.solve(view(factor, p, p), step.data(), crew));
    CHECK(small.step_by_rows(0.3, by_rows, crew) == Factored::done);
    for (std::size_t i = 0; i < step.size(); ++i) CHECK_NEAR(by_rows[i], step[i], 1e-12);
}

template <class Call>
void check_stop(Call&& call) {
    std::uint8_t cancel = 0;
    Watch watch(&cancel, nullptr, 0);
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        std::atomic_ref<std::uint8_t>(cancel).store(1);
    });
    CHECK(!call(Crew(1, watch)));
    stopper.join();
}

}  // namespace

int main() {
    check_threads<double>(300);
    check_threads<float>(300);
    check_both_forms();
    Case<double> large(network({60, 40, 2}, 0), 20000);
    check_stop([&](const Crew& crew) { return large.matrix(crew); });
    Case<double> wide(network({600, 40, 2}, 0), 1200);
    std::vector<double> step(wide.params.size());
    check_stop(
        [&](const Crew& crew) { return wide.step_by_rows(0.1, step, crew) != Factored::stopped; });
    return check::report();
}
