// One error per rule of the verifier.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @axes_range(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.interpolate(%x) {axes = [2, 4], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @sizes_length(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'sizes' must have 2 values, got 1}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @scales_length(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'scales' must have 2 values, got 1}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @size_zero(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'sizes' must be at least 1, got [0, 8]}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [0, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @scale_zero(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'scales' must be positive, got [0.0, 2.0]}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [0.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @interpolate_mode(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'mode': expected one of nearest, linear, linear_onnx, cubic, got "area"}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "area", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @coordinates(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'coordinate_transformation': expected one of half_pixel, pytorch_half_pixel, asymmetric, tf_half_pixel_for_nn, align_corners, got "pixel"}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "pixel", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @nearest(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'nearest_mode': expected one of round_prefer_floor, round_prefer_ceil, floor, ceil, simple, got "round"}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "round", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @pads(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'pads_begin' must have 4 values, got 1}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @pads_cut(%x: tensor<1x3x4x4xf32>) {
  // expected-error@+1 {{'pads_end' must be at least 0, got [0, 0, -1, 0]}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, -1, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @empty(%x: tensor<1x3x0x4xf32>) {
  // expected-error@+1 {{cannot resize the empty axis 2}}
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x0x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// -----

func.func @size(%a: tensor<1x3x4x16xf32>) {
  // expected-error@+1 {{'size' must be positive, got 0}}
  %0 = arhat.resample(%a) {axis = 3, size = 0, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
  func.return
}

// -----

func.func @resample_axis(%a: tensor<1x3x4x16xf32>) {
  // expected-error@+1 {{axis 4 is out of range for rank 4}}
  %0 = arhat.resample(%a) {axis = 4, size = 8, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
  func.return
}

// -----

func.func @empty(%a: tensor<1x3x4x0xf32>) {
  // expected-error@+1 {{cannot resize the empty axis 3}}
  %0 = arhat.resample(%a) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x0xf32>) -> tensor<1x3x4x8xf32>
  func.return
}

// -----

func.func @resample_booleans(%a: tensor<1x3x4x16xi1>) {
  // expected-error@+1 {{cannot resize elements of type i1}}
  %0 = arhat.resample(%a) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x16xi1>) -> tensor<1x3x4x8xf32>
  func.return
}
