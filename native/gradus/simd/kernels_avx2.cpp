// x86-64 with AVX2 and FMA. Twelve of the sixteen registers hold the tile's sums, two the row of b,
// one the number of a.
#if defined(__AVX2__)
#define GRADUS_ISA gradus::avx2
#include "simd/quad_x86.hpp"
#include "simd/vec_avx2.hpp"

namespace GRADUS_ISA {
constexpr int kTileRows = 6;
constexpr int kTileVectors = 2;
}  // namespace GRADUS_ISA

#include "simd/kernels.inl.hpp"

namespace gradus {
extern const Kernels<float> kAvx2Float;
extern const Kernels<double> kAvx2Double;
const Kernels<float> kAvx2Float = avx2::make_kernels<float>("avx2");
const Kernels<double> kAvx2Double = avx2::make_kernels<double>("avx2");
}  // namespace gradus
#endif
