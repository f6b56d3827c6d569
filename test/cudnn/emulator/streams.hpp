// Streams that do their work late and in another order than it was queued, wherever events do not forbid it.
#pragma once

#include <functional>

struct CUstream_st;
struct CUevent_st;

namespace emulator {

// Queues work on a stream; it runs when somebody waits for the device, or with the graph that is being captured.
void enqueue(CUstream_st* stream, std::function<void()> work);

}  // namespace emulator
