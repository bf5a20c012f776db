// x86-64 with AVX-512 and its products of bfloat16; registers are shared out as in AVX-512's tile.
#if defined(__AVX512BF16__)
#define GRADUS_ISA gradus::avx512bf16
#include "simd/vec_avx512bf16.hpp"

namespace GRADUS_ISA {
constexpr int kTileRows = 14;
constexpr int kTileVectors = 2;
}  // namespace GRADUS_ISA

#include "simd/bfloat16.inl.hpp"

namespace gradus {
extern const Bfloat16Kernels kAvx512Rounded;
const Bfloat16Kernels kAvx512Rounded = {"avx512bf16, rounded", 1, avx512bf16::kMostDepth,
                                        avx512bf16::pair_product};
}  // namespace gradus
#endif
