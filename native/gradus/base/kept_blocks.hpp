// Blocks of memory that outlive the call that took them. Fresh pages have to be fetched and cleared
// by the system: for a short training on a wide network that takes longer than its arithmetic.
#pragma once

#include <cstddef>

namespace gradus {

inline constexpr std::size_t kAlignment = 64;  // one cache line, and the widest vector

/// A block that starts at a multiple of kAlignment.
struct Block {
    std::byte* bytes;
    std::size_t size;
};

inline constexpr int kMostKeptBlocks = 4;
inline constexpr std::size_t kLeastKeptBytes = std::size_t{256} << 10;  // smaller: malloc
inline constexpr std::size_t kMostKeptBytes = std::size_t{8} << 20;

/// Gives a kept block of at least `size` bytes and at most twice as many, or a new one. Its bytes
/// are not cleared. Any thread may call. Throws std::bad_alloc.
Block take_block(std::size_t size);

/// Keeps the block for a later take_block, in place of another one if there are enough; frees it
/// if it is small or large. Any thread may call, not only the one that took it.
void give_back(Block block) noexcept;

}  // namespace gradus
