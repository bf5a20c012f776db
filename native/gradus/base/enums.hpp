// The closed vocabularies that cross from Python as numbers; src/gradus/_names.py lists the same
// names in the same order, and a test compares the two.
#pragma once

#include <array>

namespace gradus {

enum class Activation : int {
    identity,
    sigmoid,
    tanh,
    relu,
    gelu,
    softplus,
    leaky_relu,
    elu,
    selu,
    silu,
    mish,
    softsign
};
inline constexpr std::array kActivationNames{"identity", "sigmoid",  "tanh",       "relu",
                                             "gelu",     "softplus", "leaky_relu", "elu",
                                             "selu",     "silu",     "mish",       "softsign"};

enum class Loss : int {
    squared_error,
    absolute_error,
    poisson,
    binary_cross_entropy,
    cross_entropy,
    huber,
    quantile,
    expression,
    functions
};
inline constexpr std::array kLossNames{
    "squared_error", "absolute_error", "poisson",  "binary_cross_entropy", "cross_entropy", "huber",
    "quantile",      "expression",     "functions"};

/// What the formula of an expression is made of.
enum class Operation : int {
    output,
    target,
    number,
    add,
    subtract,
    multiply,
    divide,
    power,
    negative,
    exp,
    log,
    log1p,
    sqrt,
    abs,
    tanh,
    cosh,
    maximum,
    minimum,
    less,
    less_equal,
    where
};
inline constexpr std::array kOperationNames{
    "output", "target",   "number",  "add",     "subtract", "multiply",   "divide",
    "power",  "negative", "exp",     "log",     "log1p",    "sqrt",       "abs",
    "tanh",   "cosh",     "maximum", "minimum", "less",     "less_equal", "where"};

enum class Rule : int { gradient_descent, adam, adamw, rmsprop, adagrad };
inline constexpr std::array kRuleNames{"gradient_descent", "adam", "adamw", "rmsprop", "adagrad"};

/// How a training call ended: all updates made, time slice over, told to stop, a non-finite number
/// met, or, of iterations of Levenberg-Marquardt, none that lowers the objective any more.
enum class RunStatus : int { done, cut, cancelled, diverged, converged };

}  // namespace gradus
