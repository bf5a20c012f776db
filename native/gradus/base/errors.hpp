// The exceptions the core throws; bind/ maps each to the Python class of the same name.
#pragma once

#include <stdexcept>

namespace gradus {

struct InvalidParameter : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

struct DataError : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

struct ShapeMismatch : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

}  // namespace gradus
