// Sample for tools/lint: locks in ordinary functions
// SPDX-License-Identifier: MIT
// as: src/exec/sample.cpp

void Pool::push(Job job) {
    std::lock_guard<std::mutex> hold(mutex_);
    jobs_.push_back(std::move(job));
}
