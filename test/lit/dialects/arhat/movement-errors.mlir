// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @count(%x: tensor<1x512x1x1xf32>) {
  // expected-error@+1 {{cannot reshape [1, 512, 1, 1] to [1, 500]: the element counts differ}}
  %0 = arhat.reshape(%x) {shape = [1, 500]} : (tensor<1x512x1x1xf32>) -> tensor<1x512xf32>
  func.return
}

// -----

func.func @unresolved(%x: tensor<1x512x1x1xf32>) {
  // expected-error@+1 {{'shape' must be at least 0, got [1, -1]}}
  %0 = arhat.reshape(%x) {shape = [1, -1]} : (tensor<1x512x1x1xf32>) -> tensor<1x512xf32>
  func.return
}

// -----

func.func @perm_length(%x: tensor<1x3x4x5xf32>) {
  // expected-error@+1 {{'perm' must have 4 values, got 3}}
  %0 = arhat.transpose(%x) {perm = [0, 1, 2]} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  func.return
}

// -----

func.func @perm_twice(%x: tensor<1x3x4x5xf32>) {
  // expected-error@+1 {{axes [0, 1, 1, 2] repeat an axis}}
  %0 = arhat.transpose(%x) {perm = [0, 1, 1, 2]} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  func.return
}

// -----

func.func @perm_range(%x: tensor<1x3x4x5xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.transpose(%x) {perm = [0, 1, 2, 4]} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  func.return
}

// -----

func.func @none() {
  // expected-error@+1 {{concat needs at least one operand}}
  %0 = arhat.concat() {axis = 1} : () -> tensor<1x5x4xf32>
  func.return
}

// -----

func.func @concat_axis(%x: tensor<1x2x4xf32>, %y: tensor<1x3x4xf32>) {
  // expected-error@+1 {{axis 3 is out of range for rank 3}}
  %0 = arhat.concat(%x, %y) {axis = 3} : (tensor<1x2x4xf32>, tensor<1x3x4xf32>) -> tensor<1x5x4xf32>
  func.return
}

// -----

func.func @other_sizes(%x: tensor<1x2x4xf32>, %y: tensor<1x3x4xf32>) {
  // expected-error@+1 {{cannot join [1, 2, 4] and [1, 3, 4] along axis 2}}
  %0 = arhat.concat(%x, %y) {axis = 2} : (tensor<1x2x4xf32>, tensor<1x3x4xf32>) -> tensor<1x5x4xf32>
  func.return
}

// -----

func.func @ranks(%x: tensor<1x2x4xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{cannot join [1, 2, 4] and [2, 4] along axis 1}}
  %0 = arhat.concat(%x, %y) {axis = 1} : (tensor<1x2x4xf32>, tensor<2x4xf32>) -> tensor<1x5x4xf32>
  func.return
}

// -----

func.func @concat_elements(%x: tensor<1x2x4xf32>, %y: tensor<1x3x4xi32>) {
  // expected-error@+1 {{operands must have one element type, got f32 and i32}}
  %0 = arhat.concat(%x, %y) {axis = 1} : (tensor<1x2x4xf32>, tensor<1x3x4xi32>) -> tensor<1x5x4xf32>
  func.return
}

// -----

func.func @starts_length(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{'starts' must have 2 values, got 1}}
  %0 = arhat.slice(%x) {starts = [0], sizes = [1, 3], steps = [1, -2]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
  func.return
}

// -----

func.func @size_negative(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{'sizes' must be at least 0, got [1, -1]}}
  %0 = arhat.slice(%x) {starts = [1, 7], sizes = [1, -1], steps = [1, -2]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
  func.return
}

// -----

func.func @step_zero(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{the step of axis 0 is zero}}
  %0 = arhat.slice(%x) {starts = [1, 7], sizes = [1, 3], steps = [0, 1]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
  func.return
}

// -----

func.func @outside(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{axis 1 of size 8 is sliced from 3 to -1}}
  %0 = arhat.slice(%x) {starts = [1, 3], sizes = [1, 3], steps = [1, -2]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
  func.return
}

// -----

func.func @start_outside(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{axis 0 of size 2 is sliced from 2 to 2}}
  %0 = arhat.slice(%x) {starts = [2, 7], sizes = [1, 3], steps = [1, -2]} : (tensor<2x8xf32>) -> tensor<1x3xf32>
  func.return
}

// -----

func.func @indices(%x: tensor<2x4x3xf32>, %y: tensor<5x6xf32>) {
  // expected-error@+1 {{indices must be integers, got tensor<5x6xf32>}}
  %0 = arhat.gather(%x, %y) {axis = 1, batch_dims = 0} : (tensor<2x4x3xf32>, tensor<5x6xf32>) -> tensor<2x5x6x3xf32>
  func.return
}

// -----

func.func @gather_axis(%x: tensor<2x4x3xf32>, %y: tensor<5x6xi64>) {
  // expected-error@+1 {{axis 3 is out of range for rank 3}}
  %0 = arhat.gather(%x, %y) {axis = 3, batch_dims = 0} : (tensor<2x4x3xf32>, tensor<5x6xi64>) -> tensor<2x5x6x3xf32>
  func.return
}

// -----

func.func @batch_range(%x: tensor<2x4x3xf32>, %y: tensor<5x6xi64>) {
  // expected-error@+1 {{'batch_dims' 2 is out of range}}
  %0 = arhat.gather(%x, %y) {axis = 1, batch_dims = 2} : (tensor<2x4x3xf32>, tensor<5x6xi64>) -> tensor<2x5x6x3xf32>
  func.return
}

// -----

func.func @batch_sizes(%x: tensor<2x4x3xf32>, %y: tensor<5x6xi64>) {
  // expected-error@+1 {{batch axes differ: [2] and [5]}}
  %0 = arhat.gather(%x, %y) {axis = 1, batch_dims = 1} : (tensor<2x4x3xf32>, tensor<5x6xi64>) -> tensor<2x5x6x3xf32>
  func.return
}

// -----

func.func @pads_length(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'pads_begin' must have 2 values, got 1}}
  %0 = arhat.pad(%x) {pads_begin = [0], pads_end = [0, -2], mode = "constant", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @cut(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{pads 1 and -6 cut more than the size 4}}
  %0 = arhat.pad(%x) {pads_begin = [0, 1], pads_end = [0, -6], mode = "constant", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @mode(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'mode': expected one of constant, edge, reflect, symmetric, got "wrap"}}
  %0 = arhat.pad(%x) {pads_begin = [0, 1], pads_end = [0, -2], mode = "wrap", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @reflect(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{mode reflect can add at most 1 to a size of 2}}
  %0 = arhat.pad(%x) {pads_begin = [2, 0], pads_end = [0, -2], mode = "reflect", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @symmetric(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{mode symmetric can add at most 2 to a size of 2}}
  %0 = arhat.pad(%x) {pads_begin = [3, 0], pads_end = [0, -2], mode = "symmetric", value = 0.5} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @edge(%x: tensor<2x0xf32>) {
  // expected-error@+1 {{cannot repeat the edge of an empty axis}}
  %0 = arhat.pad(%x) {pads_begin = [0, 1], pads_end = [0, 0], mode = "edge", value = 0.5} : (tensor<2x0xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @repeats(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{'repeats' must have 2 values, got 1}}
  %0 = arhat.tile(%x) {repeats = [2]} : (tensor<2x3xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @repeats_negative(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{'repeats' must be at least 0, got [2, -1]}}
  %0 = arhat.tile(%x) {repeats = [2, -1]} : (tensor<2x3xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @broadcast_sizes(%x: tensor<1x3xf32>) {
  // expected-error@+1 {{shapes [1, 3] and [2, 4] do not broadcast}}
  %0 = arhat.broadcast(%x) {shape = [2, 4]} : (tensor<1x3xf32>) -> tensor<5x2x3xf32>
  func.return
}

// -----

func.func @shrinks(%x: tensor<1x3xf32>) {
  // expected-error@+1 {{cannot broadcast [1, 3] to [3]}}
  %0 = arhat.broadcast(%x) {shape = [3]} : (tensor<1x3xf32>) -> tensor<5x2x3xf32>
  func.return
}
