// Symmetric products against plain ones: the same bits on and above the diagonal, for any number of
// threads.
#include "linalg/symmetric.hpp"

#include <vector>

#include "check.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

template <class T>
void check_upper(const Kernels<T>& k, Index n, Index depth, int n_threads) {
    ArenaSize size;
    PackBuffers<T>::count(size, n_threads);
    PackedColumns<T>::count(size, depth, n, k.tile_cols);
    Arena arena(size);
    const PackBuffers<T> buffers(arena, n_threads);
    const PackedColumns<T> packed(arena, depth, n, k.tile_cols);
    const auto x = numbers<T>(depth * n, 1);
    const MatrixView<const T> j{x.data(), depth, n, n};
    std::vector<T> plain_c(static_cast<std::size_t>(n * n)), c(plain_c);
    Watch watch(nullptr, nullptr, 0);
    const Crew crew(n_threads, watch);
    for (const bool accumulate : {false, true}) {
        CHECK(product(k, transposed(j), plain(j), MatrixView<T>{plain_c.data(), n, n, n}, depth,
                      accumulate, buffers, crew, [](Index, Index, Index, Index) {}));
        CHECK(symmetric_product(k, j, MatrixView<T>{c.data(), n, n, n}, accumulate, packed, crew));
    }
    CHECK(mirror_upper(MatrixView<T>{c.data(), n, n, n}, crew));
    for (Index row = 0; row < n; ++row) {
        for (Index col = 0; col < n; ++col) {
            const Index upper = row < col ? row * n + col : col * n + row;
            CHECK(c[static_cast<std::size_t>(row * n + col)] ==
                  plain_c[static_cast<std::size_t>(upper)]);
        }
    }
}

}  // namespace

int main() {
    for (int i = 0; i < available_count(); ++i) {
        for (const Index n : {0, 1, 31, 64, 65, 450}) {
            check_upper(available<double>(i), n, 70, 1);
            check_upper(available<float>(i), n, 300, 3);
        }
    }
    return check::report();
}
