// The update rules, one pass over parameters, gradients and what the rule keeps.
#pragma once

#include "simd/kernels.hpp"
#include "simd/loops.inl.hpp"
#include "simd/prefetch.hpp"

namespace GRADUS_ISA {

template <class T>
inline constexpr T kSmallestNormal = static_cast<T>(sizeof(T) == 4 ? 0x1p-126 : 0x1p-1022);
template <class T>
inline constexpr T kItsRoot = static_cast<T>(sizeof(T) == 4 ? 0x1p-63 : 0x1p-511);

template <class T>
Vec<T> zero_below(T least, Vec<T> x) {
    return where_less(abs(x), Vec<T>::set(least), Vec<T>::set(T(0)), x);
}

/// A mean that decays past the smallest normal number is 0: it moves nothing, and processors take
/// many times as long over what is below.
template <class T>
Vec<T> decayed(Vec<T> mean) {
    return zero_below(kSmallestNormal<T>, mean);
}

/// A parameter whose square is below the smallest normal number is 0, since so are its products
/// with others like it.
template <class T>
Vec<T> vanished(Vec<T> param) {
    return zero_below(kItsRoot<T>, param);
}

/// Sets of instructions that have an estimate to begin with overload it.
template <class T>
Vec<T> sqrt_by_products(Vec<T> a) {
    return sqrt(a);
}

/// The root of the numbers from i on. Every other vector's is made of products: these take their
/// time beside the divider's, of which a root and a quotient for each vector keep it busy alone.
template <class T>
Vec<T> root_at(Index i, Vec<T> a) {
    return i / Vec<T>::size % 2 == 0 ? sqrt(a) : sqrt_by_products(a);
}

/// Asks for the parameters some way behind i to become this core's own. Other cores have read them,
/// and without being asked a processor takes a line back only when it is written, one after the
/// other, which takes longer than to update its numbers.
template <class T>
void take_soon(const T* params, Index i, Index n) {
    constexpr Index kAhead = 12 * Vec<T>::size;
    if (i + kAhead < n) prefetch_to_write(params + i + kAhead);
}

template <class T>
void descend(T* params, T* velocity, const T* grads, Index n, const DescentStep& step) {
    const Vec<T> clip = Vec<T>::set(static_cast<T>(step.clip));
    const Vec<T> minus_rate = Vec<T>::set(static_cast<T>(-step.rate));
    const Vec<T> momentum = Vec<T>::set(static_cast<T>(step.momentum));
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        take_soon(params, i, n);
        const Vec<T> g = load(grads + i) * clip;
        if (velocity == nullptr) {
            store(fma(minus_rate, g, load(params + i)), params + i);
            return;
        }
        const Vec<T> plain = minus_rate * g;
        Vec<T> change = decayed(momentum * load(velocity + i) + plain);
        store(change, velocity + i);
        if (step.nesterov) change = momentum * change + plain;
        store(vanished(load(params + i) + change), params + i);
    });
}

template <class T>
void adam(T* params, T* mean, T* square, const T* grads, Index n, const AdamStep& step) {
    const auto set = [](double x) { return Vec<T>::set(static_cast<T>(x)); };
    const Vec<T> clip = set(step.clip), keep = set(1 - step.decay), epsilon = set(step.epsilon);
    const Vec<T> beta_1 = set(step.beta_1), rest_1 = set(1 - step.beta_1);
    const Vec<T> beta_2 = set(step.beta_2), rest_2 = set(1 - step.beta_2);
    const Vec<T> rate = set(step.rate / step.correct_1), correct_2 = set(1 / step.correct_2);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        take_soon(params, i, n);
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> m = decayed(beta_1 * load(mean + i) + rest_1 * g);
        const Vec<T> v = decayed(beta_2 * load(square + i) + rest_2 * (g * g));
        store(m, mean + i);
        store(v, square + i);
        const Vec<T> change = rate * m / (root_at(i, v * correct_2) + epsilon);
        store(vanished(load(params + i) * keep - change), params + i);
    });
}

template <class T>
void rmsprop(T* params, T* square, T* velocity, const T* grads, Index n, const RmspropStep& step) {
    const auto set = [](double x) { return Vec<T>::set(static_cast<T>(x)); };
    const Vec<T> rate = set(step.rate), clip = set(step.clip), epsilon = set(step.epsilon);
    const Vec<T> decay = set(step.decay), rest = set(1 - step.decay);
    const Vec<T> momentum = set(step.momentum);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        take_soon(params, i, n);
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> v = decayed(decay * load(square + i) + rest * (g * g));
        store(v, square + i);
        Vec<T> change = g / (root_at(i, v) + epsilon);
        if (velocity != nullptr) {
            change = decayed(momentum * load(velocity + i) + change);
            store(change, velocity + i);
        }
        store(vanished(load(params + i) - rate * change), params + i);
    });
}

template <class T>
void adagrad(T* params, T* sum, const T* grads, Index n, const AdagradStep& step) {
    const auto set = [](double x) { return Vec<T>::set(static_cast<T>(x)); };
    const Vec<T> rate = set(step.rate), clip = set(step.clip);
    const Vec<T> initial = set(step.initial), epsilon = set(step.epsilon);
    for_each_vector<T>(n, [&](Index i, auto load, auto store) {
        take_soon(params, i, n);
        const Vec<T> g = load(grads + i) * clip;
        const Vec<T> s = load(sum + i) + g * g;
        store(s, sum + i);
        store(load(params + i) - rate * g / (root_at(i, initial + s) + epsilon), params + i);
    });
}

}  // namespace GRADUS_ISA
