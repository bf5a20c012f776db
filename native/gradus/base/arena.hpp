// One block of aligned scratch, carved into named buffers before the first step; nothing is given
// back until the arena dies, and nothing is taken during training.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/kept_blocks.hpp"
#include "base/views.hpp"

namespace gradus {

/// Adds up the bytes that a sequence of `take` calls will need, so that one allocation serves them
/// all.
class ArenaSize {
public:
    template <class T>
    void add(Index count) noexcept {
        bytes_ += rounded(sizeof(T) * static_cast<std::size_t>(count));
    }
    std::size_t bytes() const noexcept { return bytes_; }

    static std::size_t rounded(std::size_t bytes) noexcept {
        return (bytes + kAlignment - 1) / kAlignment * kAlignment;
    }

private:
    std::size_t bytes_ = 0;
};

/// Owns the block. Memory is not cleared. Throws std::bad_alloc from the constructor only.
class Arena {
public:
    explicit Arena(ArenaSize size)
        : block_(take_block(size.bytes() + kAlignment)), next_(block_.bytes) {}
    ~Arena() { give_back(block_); }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    template <class T>
    T* take(Index count) noexcept {
        static_assert(std::is_trivially_destructible_v<T>);
        T* first = reinterpret_cast<T*>(next_);
        next_ += ArenaSize::rounded(sizeof(T) * static_cast<std::size_t>(count));
        return first;
    }

private:
    Block block_;
    std::byte* next_;
};

}  // namespace gradus
