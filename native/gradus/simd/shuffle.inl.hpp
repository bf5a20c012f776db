// The order of an epoch's rows. src/gradus/_random.py is the same arithmetic in NumPy.
//
// Few rows are shuffled one after another. The order of more is a bijection of 0..n-1 that can be
// asked for any position without computing the others, in constant memory: rows are written as
// (left, right) in a grid width x height just large enough for n; each round shifts one coordinate
// by a keyed hash of the other (a generalized Feistel network, hence a bijection of the grid);
// positions that land outside 0..n-1 walk on until they land inside [BR02].
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/kernels.hpp"

namespace GRADUS_ISA {

// The constants and the finalizer of base/random.hpp, which is not compiled for this set.
constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;
constexpr std::uint64_t kRoundStride = 0xd1342543de82ef95u;

inline std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/// A number less than `below` for this key and position, such as a round's and a coordinate.
inline std::uint64_t number_below(std::uint64_t below, std::uint64_t key_and_position) {
    return ((mix64(key_and_position) >> 32) * below) >> 32;
}

/// The key of one epoch.
inline std::uint64_t epoch_key(std::uint64_t key, std::int64_t epoch) {
    return mix64(key + kGolden * (static_cast<std::uint64_t>(epoch) + 1));
}

/// The order of n rows, as a whole: row i takes the place of one of the rows 0..i, and that one
/// goes to the end [Dur64].
template <class Row>
void shuffle_few(std::uint64_t key, std::ptrdiff_t n, Row* out) {
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        const auto count = static_cast<std::uint64_t>(i) + 1;
        const std::uint64_t place = number_below(count, key + count * kGolden);
        out[i] = static_cast<Row>(i);
        out[i] = out[place];
        out[place] = static_cast<Row>(i);
    }
}

/// Some positions at once, as numbers of the type `Word`; the compiler makes vectors of the loops
/// over them.
template <class Word>
class Positions {
public:
    static constexpr std::uint64_t kLanes = 32;

    explicit Positions(const RowOrder& order) : order_(order) {}

    /// Lane 0 at position v, the others at the positions after it.
    void start(std::uint64_t v) {
        const std::uint64_t left = v % order_.width, right = v / order_.width;
        if (order_.width < kLanes) {
            for (std::uint64_t i = 0; i < kLanes; ++i) {
                left_[i] = static_cast<Word>((left + i) % order_.width);
                right_[i] = static_cast<Word>(right + (left + i) / order_.width);
            }
            return;
        }
        for (std::uint64_t i = 0; i < kLanes; ++i) {
            const std::uint64_t is_over = left + i >= order_.width ? 1 : 0;
            left_[i] = static_cast<Word>(left + i - is_over * order_.width);
            right_[i] = static_cast<Word>(right + is_over);
        }
    }
    std::uint64_t at(std::uint64_t i) const {
        return static_cast<std::uint64_t>(right_[i]) * order_.width +
               static_cast<std::uint64_t>(left_[i]);
    }

protected:
    const RowOrder& order_;
    Word left_[kLanes];
    Word right_[kLanes];
};

/// Each shift is computed where it is needed.
class Feistel : public Positions<std::uint64_t> {
public:
    using Positions::Positions;

    void walk() {
        for (std::uint64_t r = 0; r < kShuffleRounds; r += 2) {
            shift(left_, right_, order_.key + r * kRoundStride, order_.width);
            shift(right_, left_, order_.key + (r + 1) * kRoundStride, order_.height);
        }
    }

private:
    // By way of an array that nothing else points to, which lets the compiler make vectors.
    static void shift(std::uint64_t* to, const std::uint64_t* from, std::uint64_t key,
                      std::uint64_t below) {
        std::uint64_t shifted[kLanes];
        for (std::uint64_t i = 0; i < kLanes; ++i) {
            const std::uint64_t sum = to[i] + number_below(below, key + from[i] * kGolden);
            shifted[i] = sum >= below ? sum - below : sum;
        }
        for (std::uint64_t i = 0; i < kLanes; ++i) to[i] = shifted[i];
    }
};

/// Shifts are looked up: there are as many as a few rows ask for.
class ShiftedFeistel : public Positions<std::int32_t> {
public:
    using Positions::Positions;

    void walk() {
        const auto width = static_cast<std::int32_t>(order_.width);
        const auto height = static_cast<std::int32_t>(order_.height);
        const std::int32_t* shifts = order_.table;
        // Lanes past the last position, for which nobody asks, must not look past the table.
        for (std::int32_t& right : right_) right = right < height ? right : 0;
        for (std::uint64_t r = 0; r < kShuffleRounds; r += 2, shifts += 2 * order_.width) {
            shift(left_, right_, shifts, width);
            shift(right_, left_, shifts + order_.width, height);
        }
    }

private:
    static void shift(std::int32_t* to, const std::int32_t* from, const std::int32_t* shifts,
                      std::int32_t below) {
#if defined(GRADUS_HAS_GATHERS)
        for (std::uint64_t i = 0; i < kLanes; i += 16) add_modulo(to + i, from + i, shifts, below);
#else
        for (std::uint64_t i = 0; i < kLanes; ++i) {
            const std::int32_t sum = to[i] + shifts[from[i]];
            to[i] = sum >= below ? sum - below : sum;
        }
#endif
    }
};

inline void order_table(const RowOrder& order, std::int32_t* out) {
    const auto n = static_cast<std::ptrdiff_t>(order.n);
    if (n < kFewRows) return shuffle_few(order.key, n, out);
    for (std::uint64_t r = 0; r < kShuffleRounds; ++r, out += order.width) {
        const std::uint64_t key = order.key + r * kRoundStride;
        const std::uint64_t below = r % 2 == 0 ? order.width : order.height;
        for (std::uint64_t v = 0; v < order.width; ++v)
            out[v] = static_cast<std::int32_t>(number_below(below, key + v * kGolden));
    }
}

template <class Lanes>
void shuffled_rows_by(const RowOrder& order, std::ptrdiff_t first, std::ptrdiff_t count,
                      std::int64_t* out) {
    Lanes lanes(order);
    constexpr auto kLanes = static_cast<std::ptrdiff_t>(Lanes::kLanes);
    for (std::ptrdiff_t from = 0; from < count; from += kLanes) {
        const std::ptrdiff_t n = count - from < kLanes ? count - from : kLanes;
        lanes.start(static_cast<std::uint64_t>(first + from));
        lanes.walk();
        std::uint64_t row[kLanes], n_outside = 0;
        for (std::uint64_t i = 0; i < Lanes::kLanes; ++i) {
            row[i] = lanes.at(i);
            n_outside += row[i] >= order.n ? 1 : 0;
        }
        for (std::ptrdiff_t i = 0; i < n; ++i) out[from + i] = static_cast<std::int64_t>(row[i]);
        for (std::ptrdiff_t i = 0; n_outside > 0 && i < n; ++i) {
            while (static_cast<std::uint64_t>(out[from + i]) >= order.n) {
                lanes.start(static_cast<std::uint64_t>(out[from + i]));
                lanes.walk();
                out[from + i] = static_cast<std::int64_t>(lanes.at(0));
            }
        }
    }
}

/// The row at one position of an order with a table: quicker than those of all lanes.
inline std::int64_t row_alone(const RowOrder& order, std::uint64_t position) {
    do {
        std::uint64_t left = position % order.width, right = position / order.width;
        const std::int32_t* shifts = order.table;
        const auto shift = [&shifts, &order](std::uint64_t& to, std::uint64_t from,
                                             std::uint64_t below) {
            to += static_cast<std::uint64_t>(shifts[from]);
            to -= to >= below ? below : 0;
            shifts += order.width;
        };
        for (std::uint64_t r = 0; r < kShuffleRounds; r += 2) {
            shift(left, right, order.width);
            shift(right, left, order.height);
        }
        position = right * order.width + left;
    } while (position >= order.n);
    return static_cast<std::int64_t>(position);
}

inline void shuffled_rows(const RowOrder& order, std::ptrdiff_t first, std::ptrdiff_t count,
                          std::int64_t* out) {
    const auto n = static_cast<std::ptrdiff_t>(order.n);
    if (n < kFewRows) {
        std::int32_t made[kFewRows];
        if (order.table == nullptr) shuffle_few(order.key, n, made);
        const std::int32_t* rows = (order.table == nullptr ? made : order.table) + first;
        for (std::ptrdiff_t i = 0; i < count; ++i) out[i] = rows[i];
        return;
    }
    if (order.table == nullptr) return shuffled_rows_by<Feistel>(order, first, count, out);
    constexpr std::ptrdiff_t kTogether = 4;  // fewer are found sooner one by one
    if (count < kTogether) {
        for (std::ptrdiff_t i = 0; i < count; ++i)
            out[i] = row_alone(order, static_cast<std::uint64_t>(first + i));
        return;
    }
    shuffled_rows_by<ShiftedFeistel>(order, first, count, out);
}

}  // namespace GRADUS_ISA
