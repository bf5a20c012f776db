// CHECK and CHECK_NEAR for the tests of the C++ part: each failure is printed with its place, all
// are counted, and `return check::report();` at the end of main() makes the program fail when one
// did. Knows nothing of gradus.
#pragma once

#include <atomic>
#include <cmath>
#include <cstdio>

namespace check {

/// How many checks were made and how many failed. Checks may run on several threads.
struct Counts {
    std::atomic<long> made{0};
    std::atomic<long> failed{0};
};

inline Counts& counts() {
    static Counts counts;
    return counts;
}

/// Prints the first failures in full; the rest are only counted.
inline constexpr long kMaxPrinted = 20;

inline void truth(bool holds, const char* what, const char* file, int line) {
    ++counts().made;
    if (holds) return;
    if (++counts().failed <= kMaxPrinted)
        std::fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
}

/// |got - expected| <= tolerance; a NaN is near nothing, equal infinities are near each other.
inline void near(double got, double expected, double tolerance, const char* what, const char* file,
                 int line) {
    ++counts().made;
    if (got == expected || std::abs(got - expected) <= tolerance) return;
    if (++counts().failed <= kMaxPrinted) {
        std::fprintf(stderr, "%s:%d: %s is %.17g, expected %.17g within %.3g (off by %.3g)\n", file,
                     line, what, got, expected, tolerance, std::abs(got - expected));
    }
}

/// Prints the counts; a test that made no check has failed.
[[nodiscard]] inline int report() {
    const long made = counts().made;
    const long failed = counts().failed;
    std::printf("%ld checks, %ld failed\n", made, failed);
    return made > 0 && failed == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK(condition) check::truth(static_cast<bool>(condition), #condition, __FILE__, __LINE__)
#define CHECK_NEAR(got, expected, tolerance) \
    check::near((got), (expected), (tolerance), #got, __FILE__, __LINE__)
/// The expression throws the exception type.
#define CHECK_THROWS(expression, Exception)                                          \
    do {                                                                             \
        bool thrown = false;                                                         \
        try {                                                                        \
            static_cast<void>(expression);                                           \
        } catch (const Exception&) {                                                 \
            thrown = true;                                                           \
        }                                                                            \
        check::truth(thrown, #expression " throws " #Exception, __FILE__, __LINE__); \
    } while (false)
