// x86-64 with AMX's tiles of bfloat16. What ends a product is AVX-512's, so its tile is named here.
#if defined(__AMX_BF16__) && defined(__AVX512BF16__)
#define GRADUS_ISA gradus::amx
#include "simd/vec_avx512bf16.hpp"

namespace GRADUS_ISA {
constexpr int kTileRows = 14;
constexpr int kTileVectors = 2;
}  // namespace GRADUS_ISA

#include "simd/amx.inl.hpp"

namespace gradus {
extern const Bfloat16Kernels kAmxRounded;
extern const Bfloat16Kernels kAmxCut;
const Bfloat16Kernels kAmxRounded = {"amx, rounded", 1, amx::kMostDepth, amx::tile_product<1>};
const Bfloat16Kernels kAmxCut = {"amx, cut", 3, amx::kMostDepth, amx::tile_product<3>};
}  // namespace gradus
#endif
