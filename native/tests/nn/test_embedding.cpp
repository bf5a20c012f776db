// Embeddings against networks that are fed what they would put in place, and against sums by hand;
// central differences; threads and one row alone, which must not change a bit.
#include <cmath>
#include <vector>

#include "base/errors.hpp"
#include "check.hpp"
#include "nn/batch_gradient.hpp"
#include "nn/evaluate.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

using Tables = std::vector<std::pair<std::int64_t, std::int64_t>>;

template <class T>
MatrixView<const T> matrix(const std::vector<T>& values, Index rows) {
    const Index cols = static_cast<Index>(values.size()) / rows;
    return {values.data(), rows, cols, cols};
}

Network net(std::vector<std::int64_t> widths, const Tables& tables, double l2 = 0) {
    const std::vector<int> activations(widths.size() - 1, static_cast<int>(Activation::tanh));
    return dense_network(widths, activations, std::vector<int>(widths.size() - 1, 1), 0, l2,
                         tables);
}

template <class T>
std::vector<T> gradient(const Network& network, const std::vector<T>& params,
                        const std::vector<T>& x, const std::vector<T>& y, Index n, int n_threads) {
    Watch watch(nullptr, nullptr, 0);
    std::vector<T> grads(params.size(), T(7));
    Totals totals;
    CHECK(batch_gradient(network, params.data(), matrix(x, n), matrix(y, n),
                         static_cast<const T*>(nullptr), grads.data(), Crew(n_threads, watch),
                         totals));
    return grads;
}

double loss(const Network& network, const std::vector<double>& params, const std::vector<double>& x,
            const std::vector<double>& y, Index n) {
    Watch watch(nullptr, nullptr, 0);
    Totals totals;
    network_totals(network, params.data(), matrix(x, n), matrix(y, n),
                   static_cast<const double*>(nullptr), Crew(1, watch), totals);
    return totals.loss / totals.weight;
}

void check_layout() {
    const Network network = net({4, 5, 2}, {{7, 3}, {2, 1}});
    const auto& tables = network.embeddings();
    CHECK(network.n_inputs() == 4 && network.n_plain() == 2 && network.input_width() == 6);
    CHECK(tables[0].column == 2 && tables[0].input == 2 && tables[0].weight_at == 0);
    CHECK(tables[1].column == 3 && tables[1].input == 5 && tables[1].weight_at == 21);
    CHECK(network.layers()[0].weight_at == 23 && network.layers()[0].fan_in == 6);
    CHECK(network.n_params() == 23 + 6 * 5 + 5 + 5 * 2 + 2);
    CHECK(network.widest() == 6);
    CHECK_THROWS(net({1, 2}, {{2, 2}, {2, 2}}), InvalidParameter);
    CHECK_THROWS(net({3, 2}, {{0, 2}}), InvalidParameter);
    CHECK_THROWS(net({3, 2}, {{2, 0}}), InvalidParameter);
}

// The same layers, fed the learnt numbers as if they stood in X, give the same bits; and so does
// each row alone.
template <class T>
void check_outputs(const Tables& tables, Index n_inputs) {
    const Index n = 600;
    const Network network = net({n_inputs, 70, 3}, tables);
    const Index fan_in = network.layers()[0].fan_in, first = network.layers()[0].weight_at;
    const auto params = numbers<T>(network.n_params(), 5), x = rows_for<T>(network, n, 6);
    const Network fed = net({fan_in, 70, 3}, {});
    const std::vector<T> fed_params(params.begin() + first, params.end());
    std::vector<T> embedded(static_cast<std::size_t>(n * fan_in)), ours(1800), theirs(1800);
    embed(network, params.data(), matrix(x, n), MatrixView<T>{embedded.data(), n, fan_in, fan_in});
    Watch watch(nullptr, nullptr, 0);
    const MatrixView<T> out{ours.data(), n, 3, 3};
    CHECK(network_outputs(network, params.data(), matrix(x, n), out, Crew(3, watch)));
    CHECK(network_outputs(fed, fed_params.data(), matrix(embedded, n),
                          MatrixView<T>{theirs.data(), n, 3, 3}, Crew(1, watch)));
    CHECK(ours == theirs);
    for (const Index i : {0, 1, 255, 256, 599}) {
        T alone[3];
        CHECK(network_outputs(network, params.data(), {matrix(x, n).row(i), 1, n_inputs, n_inputs},
                              MatrixView<T>{alone, 1, 3, 3}, Crew(1, watch)));
        for (Index j = 0; j < 3; ++j) CHECK(alone[j] == out.row(i)[j]);
    }
}

// 600 rows: whole chains and a piece of one. Sums of whole numbers are exact in any order.
void check_level_sums() {
    const Network network = net({2, 1}, {{5, 3}, {400, 2}});
    const Index n = 600;
    const auto x = rows_for<double>(network, n, 8);
    std::vector<double> rows(static_cast<std::size_t>(n * 5));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i % 101);
    ArenaSize size;
    LevelSums<double>::count(size, network);
    Arena arena(size);
    LevelSums<double> sums(network, arena);
    for (std::size_t e = 0; e < 2; ++e) {
        const EmbeddingTable& table = network.embeddings()[e];
        std::vector<double> ours(static_cast<std::size_t>(table.weight_count()), 1.0);
        auto expected = ours;
        const MatrixView<const double> d_rows{rows.data() + 3 * e, n, table.width, 5};
        sums.add(table, matrix(x, n), d_rows, ours.data());
        for (Index i = 0; i < n; ++i) {
            const auto level = static_cast<Index>(matrix(x, n).row(i)[table.column]);
            for (Index j = 0; j < table.width; ++j)
                expected[static_cast<std::size_t>(level * table.width + j)] += d_rows.row(i)[j];
        }
        CHECK(ours == expected);
    }
}

// Around the lengths of chains and chunks; a level that no row has keeps the penalty's gradient.
void check_central_differences() {
    for (const Index n : {1, 11, 257, 2049}) {
        const Network network = net({3, 4, 2}, {{6, 2}, {3, 3}}, 0.1);
        const auto x = rows_for<double>(network, n, 2), y = numbers<double>(n * 2, 3);
        const auto params = numbers<double>(network.n_params(), 4);
        const auto grads = gradient(network, params, x, y, n, 2);
        for (std::size_t i = 0; i < grads.size(); ++i) {
            auto high = params, low = params;
            high[i] += 6e-6;
            low[i] -= 6e-6;
            const auto at = static_cast<Index>(i);
            bool is_weight = at < network.layers()[0].weight_at;
            for (const auto& l : network.layers())
                is_weight = is_weight || (at >= l.weight_at && at < l.bias_at());
            const double slope =
                (loss(network, high, x, y, n) - loss(network, low, x, y, n)) / 12e-6;
            CHECK_NEAR(grads[i], slope + (is_weight ? 0.1 * params[i] : 0), 1e-8);
        }
    }
}

template <class T>
void check_same_bits() {
    const Network network = net({20, 130, 2}, {{1000, 40}, {3, 7}}, 0.01);
    const Index n = 5000;
    const auto x = rows_for<T>(network, n, 2), y = numbers<T>(n * 2, 3);
    const auto params = numbers<T>(network.n_params(), 4);
    const auto one = gradient(network, params, x, y, n, 1);
    for (const int n_threads : {2, 3, 5, 8}) {
        CHECK(gradient(network, params, x, y, n, n_threads) == one);
    }
}

// A single chain of 200,000 equal numbers would lose two digits and more.
void check_many_rows_of_one_level() {
    const Index n = 200000;
    const Network network = net({1, 1}, {{1, 1}});
    const std::vector<float> x(static_cast<std::size_t>(n), 0.0f), y(x.size(), 0.7f),
        params{0.1f, 0.9f, 0.0f};
    const auto grads = gradient(network, params, x, y, n, 1);
    const double a = std::tanh(0.1f * 0.9f), exact = 2 * (a - 0.7f) * (1 - a * a) * 0.9f;
    CHECK_NEAR(grads[0], exact, 1e-5 * std::fabs(exact));
}

}  // namespace

int main() {
    check_layout();
    for (const Tables& tables : {Tables{{9, 4}}, Tables{{300, 20}, {2, 1}, {5, 90}}}) {
        check_outputs<float>(tables, 5);
        check_outputs<double>(tables, 5);
        check_outputs<double>(tables, static_cast<Index>(tables.size()));  // no plain column
    }
    check_level_sums();
    check_central_differences();
    check_same_bits<float>();
    check_same_bits<double>();
    check_many_rows_of_one_level();
    return check::report();
}
