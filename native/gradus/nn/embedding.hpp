// Embeddings: level numbers become their learnt rows on the way forward, and the rows' gradients
// are summed by level on the way back. The formulas: src/gradus/engines/embedding.py.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/arena.hpp"
#include "linalg/product.hpp"
#include "nn/network.hpp"

namespace gradus {

/// Writes layer 1's input for the rows of x (rows, n_inputs): `a_in` (rows, fan_in) gets the plain
/// columns, then each level's row of its table. Every level must be one of its table's.
template <class T>
void embed(const Network& network, const T* params, MatrixView<const T> x,
           MatrixView<T> a_in) noexcept {
    for (Index i = 0; i < x.rows; ++i) {
        std::copy_n(x.row(i), network.n_plain(), a_in.row(i));
        for (const EmbeddingTable& table : network.embeddings()) {
            const auto level = static_cast<Index>(x.row(i)[table.column]);
            std::copy_n(params + table.weight_at + level * table.width, table.width,
                        a_in.row(i) + table.input);
        }
    }
}

/// Sums gradients by level: in chains of kSumRows rows, and the chains in order, as products sum
/// over rows. Scratch: the sums of one chain, and where each level's sum stands among them.
template <class T>
class LevelSums {
public:
    static constexpr Index kSumRows = ProductBlocks::kSumRows;

    LevelSums(const Network& network, Arena& arena)
        : sums_(arena.take<T>(kSumRows * widest(network))),
          levels_(arena.take<std::int32_t>(kSumRows)),
          place_(arena.take<std::int32_t>(most_levels(network))) {
        std::fill_n(place_, most_levels(network), kNowhere);
    }

    static void count(ArenaSize& size, const Network& network) {
        size.add<T>(kSumRows * widest(network));
        size.add<std::int32_t>(kSumRows);
        size.add<std::int32_t>(most_levels(network));
    }

    /// d_table (n_levels, width) += for each level the sum of its rows of `d_rows` (rows, width).
    /// `x` holds the levels.
    void add(const EmbeddingTable& table, MatrixView<const T> x, MatrixView<const T> d_rows,
             T* d_table) noexcept {
        for (Index from = 0; from < x.rows; from += kSumRows) {
            const Index end = std::min(from + kSumRows, x.rows);
            std::int32_t n_found = 0;
            for (Index i = from; i < end; ++i) {
                const auto level = static_cast<std::int32_t>(x.row(i)[table.column]);
                if (place_[level] == kNowhere) {
                    place_[level] = n_found;
                    levels_[n_found] = level;
                    std::copy_n(d_rows.row(i), table.width, sums_ + n_found * table.width);
                    ++n_found;
                } else {
                    add_to(sums_ + place_[level] * table.width, d_rows.row(i), table.width);
                }
            }
            for (std::int32_t found = 0; found < n_found; ++found) {
                add_to(d_table + levels_[found] * table.width, sums_ + found * table.width,
                       table.width);
                place_[levels_[found]] = kNowhere;
            }
        }
    }

    /// `add` for each table, at its place in `grads`, which is_first overwrites. `d_fed` is the
    /// derivative by what feeds step 0; of its columns those that embeddings fill come last.
    void add_all(const Network& network, MatrixView<const T> x, MatrixView<const T> d_fed,
                 bool is_first, T* grads) noexcept {
        const Index left_out = network.input_width() - d_fed.cols;
        for (const EmbeddingTable& table : network.embeddings()) {
            T* d_table = grads + table.weight_at;
            if (is_first) std::fill_n(d_table, table.weight_count(), T(0));
            add(table, x,
                {d_fed.data + (table.input - left_out), x.rows, table.width, d_fed.stride},
                d_table);
        }
    }

private:
    static constexpr std::int32_t kNowhere = -1;

    static void add_to(T* sum, const T* more, Index count) noexcept {
        for (Index j = 0; j < count; ++j) sum[j] += more[j];
    }
    static Index widest(const Network& network) noexcept {
        Index widest = 0;
        for (const EmbeddingTable& table : network.embeddings())
            widest = std::max(widest, table.width);
        return widest;
    }
    static Index most_levels(const Network& network) noexcept {
        Index most = 0;
        for (const EmbeddingTable& table : network.embeddings())
            most = std::max(most, table.n_levels);
        return most;
    }

    T* sums_;               // (kSumRows, width)
    std::int32_t* levels_;  // (kSumRows,): whose sum stands there
    std::int32_t* place_;   // (most levels,): kNowhere between two chains
};

}  // namespace gradus
