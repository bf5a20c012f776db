// FANN at W1 and W2, as a library that Python calls: compiled when it is measured, where the
// package libfann-dev is installed. FANN gives every neuron a bias and cannot leave it out.
#include <floatfann.h>

#include <cstring>

extern "C" {

// A network of layers whose weights stand neuron by neuron, each with its bias last. The slope is
// that of 1 / (1 + exp(-x)), or 1 for a linear one.
struct fann* fann_made(int n_inputs, int n_hidden, int is_linear, float rate) {
    const auto in = static_cast<unsigned>(n_inputs);
    struct fann* made = n_hidden ? fann_create_standard(3, in, static_cast<unsigned>(n_hidden), 1U)
                                 : fann_create_standard(2, in, 1U);
    fann_set_activation_function_hidden(made, FANN_SIGMOID);
    fann_set_activation_function_output(made, is_linear ? FANN_LINEAR : FANN_SIGMOID);
    fann_set_activation_steepness_hidden(made, 0.5f);
    fann_set_activation_steepness_output(made, is_linear ? 1.0f : 0.5f);
    fann_set_train_error_function(made, FANN_ERRORFUNC_LINEAR);
    fann_set_training_algorithm(made, is_linear ? FANN_TRAIN_BATCH : FANN_TRAIN_INCREMENTAL);
    // The error's derivative lacks the 2 of a square.
    fann_set_learning_rate(made, 2 * rate);
    return made;
}

int fann_n_weights(struct fann* made) { return static_cast<int>(made->total_connections); }

void fann_put(struct fann* made, const float* weights) {
    std::memcpy(made->weights, weights, sizeof(float) * made->total_connections);
}

void fann_take(struct fann* made, float* weights) {
    std::memcpy(weights, made->weights, sizeof(float) * made->total_connections);
}

struct fann_train_data* fann_rows(const float* X, const float* y, int n, int n_inputs) {
    auto* rows = fann_create_train(static_cast<unsigned>(n), static_cast<unsigned>(n_inputs), 1U);
    for (int i = 0; i < n; ++i) {
        std::memcpy(rows->input[i], X + i * n_inputs, sizeof(float) * n_inputs);
        rows->output[i][0] = y[i];
    }
    return rows;
}

void fann_train_all(struct fann* made, struct fann_train_data* rows, int updates) {
    for (int i = 0; i < updates; ++i) fann_train_epoch(made, rows);
}

void fann_train_in_order(struct fann* made, struct fann_train_data* rows, const int* order,
                         int updates) {
    for (int i = 0; i < updates; ++i) {
        fann_train(made, rows->input[order[i]], rows->output[order[i]]);
    }
}
}
