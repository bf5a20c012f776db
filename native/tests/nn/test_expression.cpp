// Formulas of a person's own: functions of one number, refused programs, derivatives of every
// operation against central differences.
#include <cmath>
#include <limits>
#include <vector>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "check.hpp"
#include "nn/expression.hpp"
#include "nn/scalar_math.hpp"
#include "numbers.hpp"

using namespace gradus;

namespace {

using Steps = std::vector<std::pair<int, double>>;

std::pair<int, double> step(Operation operation, double number = 0) {
    return {static_cast<int>(operation), number};
}

void check_near_relative(double got, double exact) {
    CHECK_NEAR(got, exact, 4e-16 * std::fabs(exact));
}

void check_functions() {
    for (const double x :
         {1e-300, 1e-9, 0.3, 0.7, 0.75, 0.999999, 1.0, 1.000001, 1.4, 2.0, 1e200}) {
        check_near_relative(logarithm(x), std::log(x));
        check_near_relative(logarithm_1p(x), std::log1p(x));
        if (x < 1) check_near_relative(logarithm_1p(-x), std::log1p(-x));
        check_near_relative(hyperbolic_tangent(x), std::tanh(x));
        for (const double c : {0.0, 1.0, -1.0, 2.0, 7.0, 0.5, -3.0}) {
            if (x > 1e-100 && x < 1e100) CHECK_NEAR(power(x, c) / std::pow(x, c), 1, 4e-15);
        }
        if (x > 1e-3 && x < 1e3) CHECK_NEAR(power(x, 1.7) / std::pow(x, 1.7), 1, 4e-15);
    }
    const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
    CHECK(logarithm(0) == -inf && logarithm(inf) == inf && std::isnan(logarithm(-1)));
    CHECK(std::isnan(logarithm(nan)) && std::isnan(exponential(nan)));
    CHECK(std::isnan(hyperbolic_tangent(nan)) && std::isnan(logarithm_1p(nan)));
    CHECK(power(-2, 3) == -8 && power(-2, 64) == 0x1p64 && std::isnan(power(-2, 0.25)));
    CHECK(power(0, 2.5) == 0 && power(0, -2.5) == inf && power(0, 0) == 1);
    CHECK_NEAR(power(-2, 65), -0x1p65, 1e6);
}

void check_refusals() {
    const auto output = step(Operation::output);
    CHECK_THROWS(Expression({{-1, 0}}), InvalidParameter);
    CHECK_THROWS(Expression({{static_cast<int>(kOperationNames.size()), 0}}), InvalidParameter);
    CHECK_THROWS(Expression({output, output}), InvalidParameter);
    CHECK_THROWS(Expression({output, step(Operation::where)}), InvalidParameter);
    CHECK_THROWS(Expression(Steps(Expression::kMostDepth + 1, output)), InvalidParameter);
    CHECK_THROWS(Expression(Steps(Expression::kMostSteps + 1, output)), InvalidParameter);
    Steps deepest(Expression::kMostDepth, output);
    deepest.insert(deepest.end(), Expression::kMostDepth - 1, step(Operation::add));
    CHECK(Expression(deepest).at(3, 0).value == 3 * Expression::kMostDepth);
}

// f(1.5 + output * target) for each operation of one entry, and of two beside the output.
void check_derivatives() {
    const Steps inner = {step(Operation::output), step(Operation::target),
                         step(Operation::multiply), step(Operation::number, 1.5),
                         step(Operation::add)};
    for (int code = static_cast<int>(Operation::add); code < static_cast<int>(Operation::where);
         ++code) {
        Steps steps = inner;
        const auto operation = static_cast<Operation>(code);
        const bool has_two = operation <= Operation::divide || operation >= Operation::maximum;
        if (has_two) steps.push_back(step(Operation::output));
        steps.push_back(step(operation, 2.5));
        const Expression formula(steps);
        for (const double z : {0.3, 0.9, 2.0}) {
            const double y = 0.4, h = 6e-6;
            const Jet here = formula.at(z, y), up = formula.at(z + h, y),
                      down = formula.at(z - h, y);
            CHECK_NEAR(here.slope, (up.value - down.value) / (2 * h), 1e-8);
            CHECK_NEAR(here.curvature, (up.slope - down.slope) / (2 * h),
                       1e-8 * std::fmax(1, std::fabs(here.curvature)));
        }
    }
}

}  // namespace

int main() {
    check_functions();
    check_refusals();
    check_derivatives();
    return check::report();
}
