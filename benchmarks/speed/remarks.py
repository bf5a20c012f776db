"""What the page says below a table beside its numbers, by the name of a workload or an axis.

Written by hand: the reason for a bend, or why a goal is not met. Shares of time are those of a
profile (`perf record`); no number of the run stands here.
"""

_SERIAL = "Each update waits for the one before, and so does each operation within it for another. "
_DAMPED = (
    "Of an iteration nearly half is a Cholesky factor of 506 rows, a product at 80 % of the best "
    "rate, where one thread makes the next strip while the other multiplies. A quarter is J J' "
    "with the pass forward and back that it needs. All iterations are one call; Python, before "
    "and after it, is a twentieth of W9c and a twelfth of W9b, where three dampings of nine are "
    "refused, each a factor and a pass forward. Two threads factor in 0.7 of the time of one: "
    "both read what the other has made, in the product and in the strips, and the last strips "
    "leave one without work. Tried: other factors after a refusal (faster on some tables, slower "
    "on others), strips of 32 and 128, strips of 32 in the last rows alone, strips shared among "
    "threads as soon as their own factor is there (no gain), asking for a tile's numbers ahead (3 "
    "% of a factor on two threads, slower on one), columns of the matrix dealt to threads for "
    "good (a step as fast or 5 % slower), and columns that go on as soon as others have come as "
    "far, without any meeting (7 % slower)."
)

REMARKS = {
    "W1a": (
        "A call of 2,000 updates holds what a call costs whatever it does; W1b is the rate "
        "without. What `Network.train` needs besides is Python, in many small parts: checks, the "
        "plan, and a history for which 223 updates are measured and kept."
    ),
    "W1b": (
        f"{_SERIAL}The chain is about 26 cycles long by the tables of latencies: two products and "
        "a sum for the error, a product, two sums of lanes, the step. The fifth row stands in all "
        "lanes of a vector, and its part is ready before the sums of the other four are. What is "
        "told of the updates, each an epoch here, is found for four of them at once. The limit "
        "told is 31 cycles, the chain by which the goals were set."
    ),
    "W2b": (
        f"{_SERIAL}Two sigmoids of 25 cycles each, from a table in registers, and four products "
        "forward, then the way back: 90 cycles by the tables of latencies, 103 by the clock. The "
        "order of the rows, made for 64 of them at a time, takes 9 more."
    ),
    "W3a": (
        "55 % of the time is in products, biases, ReLU and slopes among them, which is what one "
        "processor needs for them at its best rate: the limit counts two. On an Intel core a "
        "fifth is Adam, whose roots and quotients wait for the divider, 8 % packing, transposing "
        "and cutting factors, 4 % the norm of the gradient, 3 % the order and the gathering of "
        "rows; the rest is many calls of less than 2 % each. Tried: two threads with 16 rows each "
        "(no gain; 3 µs of work between two meetings), quotients made of products (slower)."
    ),
    "W3b": (
        "Products, biases, ReLU and slopes among them, are four fifths of what one thread needs. "
        "What is left over is 4 % the order and the gathering of rows, 4 % packing, 4 % Adam, "
        "2 % the gradients of biases. Two threads make an update each, of parameters of their own; "
        "of what such a step takes, 80 % is the block of rows, 7 % the other block's gradient, "
        "brought from the other core, 10 % norm and Adam, 3 % waiting. Tried: blocks of 256 rows "
        "(no gain)."
    ),
    "W4": (
        "With two threads 33 % of what the core does on an Intel server is products, 16 % cuts "
        "their factors into three bfloat16s, 16 % brings rows that lie anywhere from memory, 12 % "
        "is Adam, 2 % the norm of the gradient; a tenth is waiting for the other thread. Each "
        "thread has half of the inputs, their weights and their gradient. Before the first update "
        "all numbers are looked through for nan, 6 ms of an epoch, as long as memory needs to "
        "bring them to two processors. Tried: scratch kept between calls, pages of 2 MiB, asking "
        "for the next batch's rows between the products of this one (1 %: what the gathering "
        "gains, products wait longer for their factors), asking past the second cache, a gradient "
        "that is used block by block and never stored (slower)."
    ),
    "W5": (
        "57 % of the time is in products, 23 % cuts their factors into three bfloat16s, 10 % is "
        "the update, which waits for parameters and velocity to come from memory, 3 % are sigmoids "
        "and their slopes, 3 % the norm of the gradient. The gradient is used block by block and "
        "never stored. `matmul_precision='bfloat16'` makes the update over one and a half times as "
        "fast on AMD's Zen 5, and 1.7 times on an Intel server with AMX."
    ),
    "W6": (
        "A thirteenth of the time is Python, in some 40 places: the rows of each network, a "
        "history of one epoch and what else a call costs; two processes of 32 networks, which do "
        "not wait for each other's Python, take 3 % less. Of the rest 67 % is in products, "
        "biases, ReLU and slopes among them, 9 % the order and the gathering of rows, "
        "5 % packing and cutting factors, 4 % the gradients of biases. Each network has an order "
        "of rows of its own, so they share no pass over the data. Tried: fetching rows further "
        "ahead (1 %), blocks of 256 rows (no gain)."
    ),
    "W9b": _DAMPED,
    "W9c": _DAMPED,
    "W10a": (
        "With two threads half of what the core does on an Intel server is products, 22 % cuts "
        "their factors into three bfloat16s, a tenth is waiting for the other thread at three "
        "meetings, 3 % is the narrow last layer, 1 % softmax and the loss."
    ),
    "W10b": (
        "Where JAX has two processors it computes two calls beside each other, so that its ratio "
        "on one core is the one that says what a product costs."
    ),
    "W13a": (
        "More than half is five networks on two threads, which the core judges epoch by epoch: "
        "coming back to Python after each took a tenth of the whole. The "
        "thread that has none left solves the linear model, asks the nearest neighbors and trains "
        "what the doctor compares the first one with. A sixth is the import of NumPy and of gradus "
        "(compiled dataclasses were a tenth, see decision 0029), an eighth the options of the "
        "command and the start and end of Python, a tenth reading, checking and encoding the "
        "table, 6 % the record and the filled table. gradus trains five networks beside simple "
        "models, bounds its answers, looks at the training and keeps it, where the peer trains one."
    ),
    "rows": (
        "Below 10,000 rows a call's own cost shows: checks, the plan, the history. "
        "Beyond that the lines are straight."
    ),
    "width": (
        "Up to 64 the line falls: what each row costs whatever the width (its place in the order, "
        "its copy, its loss) is shared by more parameters. From 1,024 on it rises: a call of two "
        "updates makes and clears arrays for the parameters and the rule's memory."
    ),
    "depth": "Straight, but for the first layer, whose fan-in is 8.",
    "batch": (
        "Below 128 rows the line rises, since Adam's pass over all parameters is shared by fewer "
        "rows; there one thread does all, as a meeting would take longer than it saves. From 1 to "
        "4 rows an update an epoch has 4,096 rows, from 8 on 16,384."
    ),
    "networks": (
        "Straight, with a call's own cost below four networks. A quarter of each of these "
        "trainings is Python, which runs one thread at a time: a second thread takes two fifths "
        "of the time away at best. Longer trainings (W6) gain nearly all of it."
    ),
}
