// Two threads, each with parameters of its own: the bits of one, whatever happens on the way.
#include <chrono>
#include <tuple>
#include <vector>

#include "check.hpp"
#include "train/training.hpp"

using namespace gradus;

namespace {

template <class T>
void check_replicas() {
    const Network network = replicated_network();
    for (int rule = 0; rule < kRules; ++rule) {
        for (const Index batch : {Index{129}, Index{256}, Index{401}}) {
            const auto trained = [&](int n_threads, std::size_t piece, double rate, T scale) {
                Training<T> t(network, rule, 5 * batch + 70, batch);
                for (T& x : t.x) x *= scale;
                std::vector<double> ratio;
                RunStatus status = RunStatus::done;
                t.measures_all = piece != 4;
                while (t.cursor[2] < 16 && status == RunStatus::done) {
                    status = t.go(piece, n_threads, 1e9, nullptr, rate);
                    if (status == RunStatus::done)
                        ratio.insert(ratio.end(), t.ratio.begin(), t.ratio.end());
                }
                if (piece == 4) ratio.clear();
                return std::tuple(status, t.params, t.slots, t.cursor, t.totals, t.grad_norm,
                                  ratio);
            };
            using Case = std::pair<double, T>;
            for (const auto& [rate, scale] : {Case{0.01, 1}, Case{1e30, 1}, Case{0.01, T(1e30)}}) {
                const auto one = trained(1, 16, rate, scale), cut = trained(1, 4, rate, scale);
                CHECK(trained(2, 16, rate, scale) == one);
                CHECK(trained(2, 8, rate, scale) == one);
                CHECK(trained(2, 4, rate, scale) == cut);
            }
        }
    }
}

// That the second thread comes at all, and is not waited for where it does not.
void check_help() {
    const Network network = replicated_network();
    Training<float> t(network, 2, 5 * 256, 256);
    const Batches<float> batches{
        {t.x.data(), t.n, 8, 8}, {t.y.data(), t.n, 3, 3}, nullptr, nullptr, t.n, 256, 99, 98};
    CHECK(Replicas<float>::fit(network, batches, 2, nullptr));
    const TrainState<float> state{{t.params.data(), t.slots.data(), network.n_params()},
                                  t.cursor.data(),
                                  t.totals.data(),
                                  t.grad_norm.data()};
    const std::vector<double> rates(5, 0.01);
    const auto steps_made = [&](int n_threads) {
        Replicas<float> replicas(network, t.rule, batches, 0.5);
        Watch watch(nullptr, nullptr, 1e9);
        std::size_t told = 0;
        const std::size_t made = replicas.run(
            state, rates, row_order(99, 0, t.n), Crew(n_threads, watch),
            [](std::size_t) { return false; }, [](std::size_t) -> double* { return nullptr; },
            [&](std::size_t i, const Totals&, double) { told = i + 1; });
        CHECK(told == made);
        return made;
    };
    CHECK(steps_made(1) == 0);
    // Another program may have the other processor for a while.
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    std::size_t made = 0;
    while (made == 0 && std::chrono::steady_clock::now() < end) made = steps_made(2);
    CHECK(made > 0);
}

}  // namespace

int main() {
    check_replicas<float>();
    check_replicas<double>();
    check_help();
    return check::report();
}
