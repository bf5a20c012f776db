// Epochs that are judged where they end: the same steps, and the same answers of the rows held out.
#include <algorithm>
#include <limits>
#include <vector>

#include "check.hpp"
#include "train/training.hpp"

using namespace gradus;

namespace {

constexpr Index kJudges = 70;
constexpr std::size_t kSteps = 34;  // five epochs of six, and four of the sixth

// What one network is trained to, and what judged it.
template <class T>
struct Judged {
    Training<T> training;
    std::vector<T> x, y, weights, best_params;
    double best_loss = std::numeric_limits<double>::infinity();
    std::vector<double> rows = std::vector<double>(12, -1.0);

    explicit Judged(const std::vector<std::int64_t>& widths)
        : training(widths, 2, 40, 7),
          x(rows_for<T>(training.network, kJudges, 4)),
          y(numbers<T>(kJudges * training.network.n_outputs(), 5)),
          weights(static_cast<std::size_t>(kJudges), T(0.5)),
          best_params(static_cast<std::size_t>(training.network.n_params())) {}

    Validation<T> validation() {
        const Index inputs = training.network.n_inputs(), outputs = training.network.n_outputs();
        return {{x.data(), kJudges, inputs, inputs},
                {y.data(), kJudges, outputs, outputs},
                weights.data(),
                &best_loss,
                best_params.data(),
                rows.data()};
    }
};

template <class T>
void check_judged(const std::vector<std::int64_t>& widths, int n_threads) {
    Judged<T> by_hand(widths), at_once(widths);
    const Validation<T> rows = by_hand.validation(), given = at_once.validation();
    for (std::size_t made = 0; made < kSteps; made += 6) {
        by_hand.training.go(std::min<std::size_t>(6, kSteps - made), 1);
        if (made + 6 <= kSteps) {
            judge(by_hand.training.network, by_hand.training.params.data(), rows,
                  by_hand.rows.data() + made / 3, 1);
        }
    }
    at_once.training.validation = &given;
    CHECK(at_once.training.go(kSteps, n_threads) == RunStatus::done);
    CHECK(at_once.training.params == by_hand.training.params);
    CHECK(at_once.training.cursor == by_hand.training.cursor);
    CHECK(at_once.rows == by_hand.rows);
    CHECK(at_once.rows[8] > 0 && at_once.rows[10] == -1);
    CHECK(at_once.best_loss == by_hand.best_loss && at_once.best_params == by_hand.best_params);
    // Wherever slices end, the same parameters are found the best.
    Judged<T> cut(widths);
    const Validation<T> sliced = cut.validation();
    cut.training.validation = &sliced;
    for (std::size_t made = 0; made < kSteps;
         made = static_cast<std::size_t>(cut.training.cursor[2])) {
        cut.training.go(kSteps - made, n_threads, 0);
    }
    CHECK(cut.training.params == by_hand.training.params);
    CHECK(cut.best_loss == by_hand.best_loss && cut.best_params == by_hand.best_params);
}

}  // namespace

int main() {
    const std::vector<std::vector<std::int64_t>> networks{{3, 2, 1}, {3, 20, 2}, {5, 300, 300, 2}};
    for (const auto& widths : networks) {
        for (const int n_threads : {1, 2}) {
            check_judged<float>(widths, n_threads);
            check_judged<double>(widths, n_threads);
        }
    }
    return check::report();
}
