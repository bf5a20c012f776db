// One block of aligned scratch, carved into named buffers before the first step; nothing is given
// back until the arena dies, and nothing is taken during training. Large blocks of arenas that died
// are kept for the next ones of the process.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "base/views.hpp"

namespace gradus {

inline constexpr std::size_t kAlignment = 64;  // one cache line, and the widest vector

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
    explicit Arena(ArenaSize size);
    ~Arena();
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
    std::size_t bytes_;
    std::byte* block_;
    std::byte* next_;
};

}  // namespace gradus
