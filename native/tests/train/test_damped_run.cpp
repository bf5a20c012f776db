// Iterations of Levenberg-Marquardt in one call: threads and slices that must not change a bit, and
// a stop in the middle. What they compute is compared with the rule's page in Python.
#include "train/damped_run.hpp"

#include <limits>
#include <thread>
#include <vector>

#include "check.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
struct Fit {
    Network net;
    Index n;
    std::vector<T> params, x, y;
    std::vector<std::int64_t> cursor{0, 0, 0};
    std::vector<double> grad_norm{0, 0}, scalars{0, 0}, rows, ratios, seconds;

    Fit(const std::vector<std::int64_t>& widths, Index n_rows)
        : net(widths[0], LossForm(static_cast<int>(Loss::squared_error)), 0.001, 0.01), n(n_rows) {
        for (std::size_t l = 1; l < widths.size(); ++l) {
            const Activation f = l + 1 == widths.size() ? Activation::identity : Activation::tanh;
            net.add_dense(widths[l], static_cast<int>(f), true,
                          std::numeric_limits<double>::infinity());
        }
        params = numbers<T>(net.n_params(), 1);
        x = numbers<T>(n * net.n_inputs(), 2);
        y = numbers<T>(n * net.n_outputs(), 3);
    }

    template <class System>
    RunStatus iterate(System& system, const LeastSquaresRows<T>& given, std::size_t n_steps,
                      const Crew& crew, Watch& watch) {
        rows.resize(3 * n_steps);
        ratios.resize(net.layers().size());
        seconds.resize(1);
        const std::vector<std::int64_t> measured{static_cast<std::int64_t>(n_steps) - 1};
        const DampedState<T> state{params.data(), cursor.data(), grad_norm.data(), scalars.data()};
        DampedRun<T, System> run(net, given, system, 1e-3);
        return run.run(state, n_steps, {rows.data(), measured, ratios.data(), seconds.data()},
                       std::numeric_limits<double>::infinity(), crew, watch);
    }

    RunStatus go(bool by_rows, std::size_t n_steps, int n_threads, double max_seconds = 1e9,
                 std::uint8_t* cancel = nullptr) {
        Watch watch(cancel, nullptr, max_seconds);
        const Crew crew(n_threads, watch);
        const LeastSquaresRows<T> given{{x.data(), n, net.n_inputs(), net.n_inputs()},
                                        {y.data(), n, net.n_outputs(), net.n_outputs()},
                                        nullptr};
        if (!by_rows) {
            const Index p = net.n_params();
            std::vector<T> g(static_cast<std::size_t>(p * p)), factor(g);
            MatrixSystem<T> system(net, given, {g.data(), p, p, p}, {factor.data(), p, p, p},
                                   n_threads);
            return iterate(system, given, n_steps, crew, watch);
        }
        const Index m = n * net.n_outputs();
        Index in = 0, out = 0;
        for (const DenseLayer& layer : net.layers()) in += layer.fan_in, out += layer.fan_out;
        std::vector<T> fed(static_cast<std::size_t>(m * in)),
            delta(static_cast<std::size_t>(m * out));
        std::vector<T> of_weights(static_cast<std::size_t>(m * m)), of_biases(of_weights),
            of_inputs(of_weights), factor(static_cast<std::size_t>(m * (m + 1)));
        const RowProducts<T> products{
            m, fed.data(), delta.data(), {of_weights.data(), m, m, m}, {of_biases.data(), m, m, m}};
        RowSystem<T> system(net, given, {{of_inputs.data(), m, m, m}, false}, products,
                            {factor.data(), m, m + 1, m + 1}, n_threads);
        return iterate(system, given, n_steps, crew, watch);
    }
};

template <class T>
void check_threads_and_slices(bool by_rows, const std::vector<std::int64_t>& widths, Index n) {
    Fit<T> one(widths, n), cut(widths, n);
    CHECK(one.go(by_rows, 4, 1) == RunStatus::done);
    CHECK(one.cursor == std::vector<std::int64_t>({4, 0, 4}));
    CHECK(one.rows[9] < one.rows[0]);
    for (const int n_threads : {2, 3}) {
        Fit<T> many(widths, n);
        CHECK(many.go(by_rows, 4, n_threads) == RunStatus::done);
        CHECK(many.params == one.params && many.rows == one.rows && many.ratios == one.ratios);
    }
    for (std::size_t left = 4; left > 0; --left)
        CHECK(cut.go(by_rows, left, 2, 0) == (left > 1 ? RunStatus::cut : RunStatus::done));
    CHECK(cut.params == one.params && cut.scalars == one.scalars && cut.cursor == one.cursor);
}

// However soon it is told to stop, what was reached is a whole iteration.
void check_stop(bool by_rows, Index n) {
    const std::vector<std::int64_t> widths{40, 30, 1};
    Fit<double> stopped(widths, n), again(widths, n);
    std::uint8_t cancel = 0;
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        std::atomic_ref<std::uint8_t>(cancel).store(1);
    });
    CHECK(stopped.go(by_rows, 1000, 2, 1e9, &cancel) == RunStatus::cancelled);
    stopper.join();
    const auto made = static_cast<std::size_t>(stopped.cursor[0]);
    if (made > 0) again.go(by_rows, made, 1);
    CHECK(again.params == stopped.params && again.scalars == stopped.scalars);
}

}  // namespace

int main() {
    for (const bool by_rows : {true, false}) {
        const Index n = by_rows ? 130 : 300;
        check_threads_and_slices<float>(by_rows, {9, 12, 2}, n);
        check_threads_and_slices<double>(by_rows, {9, 12, 1}, n);
        check_stop(by_rows, by_rows ? 1100 : 3000);
    }
    return check::report();
}
