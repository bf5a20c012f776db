// The smallest networks: steps made in registers give the same bits however a run is cut and
// measured, and those of the path of all networks but for rounding. A limit on the size of weights
// that none reaches keeps a network on that path.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "check.hpp"
#include "numbers.hpp"
#include "train/run.hpp"

using namespace gradus;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Everything that decides a training.
struct Setting {
    std::vector<std::int64_t> widths{3, 3, 2};
    std::vector<int> activations{1, 1};
    std::vector<int> has_bias{1, 1};
    LossForm loss{0};
    double l1 = 0, l2 = 0;
    RuleConfig rule{.rule = Rule::gradient_descent};
    Index n = 11, batch = 4;
    double rate = 0.1, max_grad_norm = kInfinity;
    bool has_weights = false, picks_rows = false;
    double x_size = 1;
    int seed = 0;
    double max_norm = kInfinity;
};

template <class T>
struct Run {
    const Setting& set;
    Network network;
    std::vector<T> x, y, weights, params, slots;
    std::vector<std::int64_t> rows, cursor{0, 0, 0};
    std::vector<double> totals{0, 0, 0}, grad_norm{-1, -2}, ratio, log;
    RunStatus status = RunStatus::done;

    static Network described(const Setting& set) {
        Network network(set.widths[0], set.loss, set.l1, set.l2);
        for (std::size_t l = 0; l < set.activations.size(); ++l)
            network.add_dense(set.widths[l + 1], set.activations[l], set.has_bias[l] != 0,
                              set.max_norm);
        return network;
    }

    explicit Run(const Setting& setting)
        : set(setting),
          network(described(setting)),
          x(numbers<T>(set.n * network.n_inputs(), static_cast<std::uint64_t>(11 + set.seed))),
          y(numbers<T>(set.n * network.n_targets(), static_cast<std::uint64_t>(12 + set.seed))),
          weights(numbers<T>(set.n, 13)),
          params(numbers<T>(network.n_params(), 14)),
          slots(static_cast<std::size_t>(2 * network.n_params())) {
        for (T& number : x) number *= static_cast<T>(set.x_size);
        const bool has_classes = set.loss.loss == Loss::cross_entropy;
        const bool has_counts =
            set.loss.loss == Loss::poisson || set.loss.loss == Loss::binary_cross_entropy;
        for (T& target : y) {
            if (has_classes) target = target > 0 ? T(1) : T(0);
            if (has_counts) target = target > T(0.3) ? T(1) : T(0);
        }
        for (std::size_t i = 0; i < weights.size(); ++i) {
            weights[i] = i % 3 == 0 ? T(0) : std::fabs(weights[i]);
            if (weights[i] == 0 && set.has_weights)
                x[i * static_cast<std::size_t>(network.n_inputs())] =
                    std::numeric_limits<T>::quiet_NaN();
        }
        for (Index i = 0; set.picks_rows && i < set.n; ++i) rows.push_back((i * 5 + 2) % set.n);
    }

    /// Calls of `piece` steps each, until all are made or one ends otherwise. Steps whose number is
    /// a multiple of `measure_every` are measured, and those of a multiple of 5 leave their ratios.
    Run& go(std::size_t n_steps, std::size_t piece, double max_seconds = 1e9,
            std::int64_t measure_every = 5) {
        const Batches<T> batches{{x.data(), set.n, network.n_inputs(), network.n_inputs()},
                                 {y.data(), set.n, network.n_targets(), network.n_targets()},
                                 set.has_weights ? weights.data() : nullptr,
                                 set.picks_rows ? rows.data() : nullptr,
                                 set.n,
                                 set.batch,
                                 99,
                                 98};
        std::uint8_t cancel = 0;
        status = RunStatus::done;
        while (static_cast<std::size_t>(cursor[2]) < n_steps && status != RunStatus::diverged) {
            const auto left = n_steps - static_cast<std::size_t>(cursor[2]);
            std::vector<double> rates;
            std::vector<std::int64_t> measured;
            for (std::size_t s = 0; s < std::min(piece, left); ++s) {
                const auto number = cursor[2] + static_cast<std::int64_t>(s);
                rates.push_back(set.rate / (1 + 0.01 * static_cast<double>(number)));
                if (number % measure_every == 0) measured.push_back(number - cursor[2]);
            }
            Watch watch(&cancel, nullptr, max_seconds);
            const Crew crew(1, watch);
            std::vector<double> log_rows(3 * (rates.size() + 1));
            const TrainState<T> state{{params.data(), slots.data(), network.n_params()},
                                      cursor.data(),
                                      totals.data(),
                                      grad_norm.data()};
            TrainingRun<T> run(network, set.rule, batches, set.max_grad_norm, 1);
            const std::int64_t epoch = cursor[0], before = cursor[2];
            const std::size_t n_layers = network.layers().size();
            std::vector<double> ratios(measured.size() * n_layers), seconds(measured.size(), -1);
            status =
                run.run(state, rates, {log_rows.data(), measured, ratios.data(), seconds.data()},
                        crew, watch);
            for (std::size_t k = 0; k < measured.size(); ++k) {
                const std::int64_t number = before + measured[k];
                CHECK((seconds[k] >= 0) == (number < cursor[2]));
                if (number % 5 != 0 || number >= cursor[2]) continue;
                const auto from = ratios.begin() + static_cast<std::ptrdiff_t>(k * n_layers);
                ratio.insert(ratio.end(), from, from + static_cast<std::ptrdiff_t>(n_layers));
            }
            log.insert(log.end(), log_rows.begin(), log_rows.begin() + 3 * (cursor[0] - epoch));
        }
        return *this;
    }
};

template <class U>
bool same_bits(const std::vector<U>& a, const std::vector<U>& b) {
    if (a.size() != b.size()) return false;
    return a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(U)) == 0;
}

template <class T>
void check_same(const Setting& set, std::size_t n_steps = 37) {
    Run<T> one_by_one(set);
    one_by_one.go(n_steps, 1, 1e9, 1);
    for (const std::size_t piece : {n_steps, std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
        Run<T> together(set);
        together.go(n_steps, piece);
        CHECK(together.status == one_by_one.status);
        CHECK(same_bits(together.params, one_by_one.params));
        CHECK(same_bits(together.slots, one_by_one.slots));
        CHECK(same_bits(together.cursor, one_by_one.cursor));
        CHECK(same_bits(together.totals, one_by_one.totals));
        CHECK(same_bits(together.grad_norm, one_by_one.grad_norm));
        CHECK(same_bits(together.log, one_by_one.log));
        CHECK(same_bits(together.ratio, one_by_one.ratio));
    }
}

/// Largest difference of two vectors, over the largest number of the second if that is above 1.
template <class U>
double distance(const std::vector<U>& a, const std::vector<U>& b) {
    double furthest = 0, size = 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
        furthest = std::fmax(furthest, std::fabs(static_cast<double>(a[i] - b[i])));
        size = std::fmax(size, std::fabs(static_cast<double>(b[i])));
    }
    return furthest / size;
}

/// Ten steps beside those of the path of all networks.
template <class T>
void check_near(const Setting& set) {
    Setting general = set;
    general.max_norm = sizeof(T) == 4 ? 1e38 : 1e300;
    Run<T> tiny(set), other(general);
    tiny.go(10, 10);
    other.go(10, 10);
    const double bound = sizeof(T) == 4 ? 1e-4 : 1e-9;
    CHECK(tiny.status == other.status);
    CHECK(same_bits(tiny.cursor, other.cursor));
    CHECK(distance(tiny.params, other.params) <= bound);
    CHECK(distance(tiny.slots, other.slots) <= bound);
    CHECK(distance(tiny.totals, other.totals) <= bound);
    CHECK(distance(tiny.grad_norm, other.grad_norm) <= bound);
    CHECK(distance(tiny.log, other.log) <= bound);
    CHECK(distance(tiny.ratio, other.ratio) <= bound);
}

void check_both(const Setting& set) {
    check_same<float>(set);
    check_same<double>(set);
    check_near<float>(set);
    check_near<double>(set);
}

/// Distance in units of the last place of the exact value.
template <class T>
double ulps(double got, long double exact) {
    const T size = static_cast<T>(std::fabs(exact));
    const T next = std::nextafter(size, std::numeric_limits<T>::infinity());
    return static_cast<double>(std::fabs(static_cast<long double>(got) - exact) /
                               (static_cast<long double>(next) - static_cast<long double>(size)));
}

/// The sigmoid of these steps. An input of 1 and a target of 0 make the loss the square of the
/// value, and the norm of the gradient twice the value times the slope. That product is rounded
/// too, so the slope found in it may err by an ulp more than the 4 that it may itself.
template <class T>
void check_sigmoid(double bound, double slope_bound) {
    Setting set{.widths = {1, 1}, .activations = {1}, .has_bias = {0}, .n = 1, .batch = 1};
    set.rate = 0;
    double worst_value = 0, worst_slope = 0;
    for (int i = 0; i <= 40000; ++i) {
        Run<T> run(set);
        const T z = static_cast<T>((i - 20000) * 1e-3);
        run.x[0] = 1;
        run.y[0] = 0;
        run.params[0] = z;
        run.go(1, 1);
        const long double e = std::exp(-static_cast<long double>(z)), value = 1 / (1 + e);
        const double got = std::sqrt(run.log[0]);
        worst_value = std::fmax(worst_value, ulps<T>(got, value));
        const double slope = run.log[2] / (2 * got);
        worst_slope = std::fmax(worst_slope, ulps<T>(slope, e * value * value));
    }
    std::printf("%zu bytes: sigmoid %.2f, slope %.2f\n", sizeof(T), worst_value, worst_slope);
    CHECK(worst_value <= bound);
    CHECK(worst_slope <= slope_bound);
}

void check_shapes() {
    for (std::int64_t inputs = 1; inputs <= kTinyWidth; ++inputs) {
        for (std::int64_t outputs = 1; outputs <= kTinyWidth; ++outputs) {
            for (const int bias : {0, 1}) {
                check_both({.widths = {inputs, outputs}, .activations = {0}, .has_bias = {bias}});
                for (std::int64_t hidden = 1; hidden <= kTinyWidth; ++hidden) {
                    check_both({.widths = {inputs, hidden, outputs},
                                .activations = {1, 1},
                                .has_bias = {bias, 1 - bias}});
                }
            }
        }
    }
}

void check_activations() {
    for (int hidden = 0; hidden < kActivationCount; ++hidden) {
        for (int last = 0; last < kActivationCount; ++last) {
            for (const double size : {1.0, 30.0}) {
                // At a rate that makes losses grow, differences of rounding grow with them.
                const double rate = 0.01 / (size * size);
                check_both({.activations = {hidden, last}, .rate = rate, .x_size = size});
            }
        }
    }
}

void check_losses() {
    std::vector<LossForm> losses{LossForm(0), LossForm(1), LossForm(2), LossForm(3), LossForm(4)};
    losses.emplace_back(3, std::vector<double>{0.1});
    losses.emplace_back(4, std::vector<double>{0.1});
    losses.emplace_back(5, std::vector<double>{0.3});
    losses.emplace_back(6, std::vector<double>{0.1, 0.9});
    for (const LossForm& loss : losses) {
        for (const bool has_weights : {false, true})
            check_both({.activations = {1, 0}, .loss = loss, .has_weights = has_weights});
    }
}

std::vector<RuleConfig> rules() {
    return {
        {.rule = Rule::gradient_descent},
        {.rule = Rule::gradient_descent, .momentum = 0.9},
        {.rule = Rule::gradient_descent, .nesterov = true, .momentum = 0.9},
        {.rule = Rule::adam, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8},
        {.rule = Rule::adam, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 0},
        {.rule = Rule::adamw, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.3},
        {.rule = Rule::rmsprop, .decay = 0.9, .epsilon = 1e-8},
        {.rule = Rule::rmsprop, .momentum = 0.9, .decay = 0.9, .epsilon = 1e-8},
        {.rule = Rule::adagrad, .epsilon = 1e-10, .initial_accumulator = 0.1}};
}

void check_rules_and_penalties() {
    for (const RuleConfig& rule : rules()) {
        for (const double l1 : {0.0, 0.03}) {
            for (const double l2 : {0.0, 0.2}) {
                for (const double most : {kInfinity, 0.4, 0.02})
                    check_both({.l1 = l1, .l2 = l2, .rule = rule, .max_grad_norm = most});
            }
        }
    }
}

// Full batches, parts of epochs, batches of which the last is shorter, more rows than one row order
// or one queue holds.
void check_rows() {
    for (const Index n : {1, 2, 3, 4, 5, 9, 15, 16, 17, 37, 100, 128, 255, 256, 257, 700}) {
        for (const Index batch : {1, 2, 5, 16, 64, 100, 255, 256, 257, 1000}) {
            for (const bool has_weights : {false, true}) {
                check_both({.n = n,
                            .batch = batch,
                            .has_weights = has_weights,
                            .picks_rows = has_weights != (n % 2 == 0)});
            }
        }
    }
    check_same<float>({.widths = {2, 2, 1}, .n = 4, .batch = 1}, 5000);
    check_same<float>({.widths = {2, 2, 1}, .n = 300, .batch = 1}, 2000);
}

// A single unit on full batches, whose steps are told of four at a time.
void check_epochs_of_a_unit() {
    for (int activation = 0; activation < kTinyQuick; ++activation) {
        for (const int bias : {0, 1}) {
            for (const Index n : {1, 3, 4, 5, 8, 11, 256}) {
                for (const double l2 : {0.0, 0.2}) {
                    check_both({.widths = {1 + n % kTinyWidth, 1},
                                .activations = {activation},
                                .has_bias = {bias},
                                .l2 = l2,
                                .n = n,
                                .batch = n});
                }
            }
        }
    }
    for (const double most : {0.3, 0.1, 0.03})
        check_both({.widths = {3, 1}, .activations = {0}, .batch = 11, .max_grad_norm = most});
}

// Rates that lead out of the type's range, at once or later.
template <class T>
void check_divergence() {
    for (const double rate : {3.0, 1e4, 1e20, 1e300, kInfinity}) {
        for (const RuleConfig& rule : rules()) {
            const Setting two{.activations = {0, 0}, .rule = rule, .rate = rate, .x_size = 3};
            const Setting unit{.widths = {3, 1},
                               .activations = {0},
                               .rule = rule,
                               .batch = 11,
                               .rate = rate,
                               .x_size = 3};
            for (const Setting& set : {two, unit}) {
                check_same<T>(set, 300);
                Run<T> run(set);
                run.go(300, 300);
                for (const T p : run.params) CHECK(std::isfinite(p));
            }
        }
    }
    Setting set{.activations = {0, 0}, .rate = 3, .x_size = 3};
    CHECK(Run<T>(set).go(300, 300).status == RunStatus::diverged);
}

void check_slices() {
    const Setting set{.widths = {2, 2, 1}, .n = 4, .batch = 1};
    Run<float> whole(set), sliced(set);
    whole.go(9000, 9000);
    sliced.go(9000, 9000, 0.0);
    CHECK(same_bits(whole.params, sliced.params) && same_bits(whole.log, sliced.log));
    CHECK(same_bits(whole.grad_norm, sliced.grad_norm));
}

}  // namespace

int main() {
    check_shapes();
    check_activations();
    check_losses();
    check_rules_and_penalties();
    check_rows();
    check_epochs_of_a_unit();
    check_divergence<float>();
    check_divergence<double>();
    check_slices();
    check_sigmoid<float>(2, 5);
    check_sigmoid<double>(3, 5);
    return check::report();
}
