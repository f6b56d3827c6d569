// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @unknown(%a0: tensor<1x4x14x14xf32>, %a1: tensor<2x5xf32>) {
  // expected-error@below {{there is no plugin 'RoiPooling'; there are AdaptiveAvgPool, }}
  %r = trt.plugin(%a0, %a1) {plugin = "RoiPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xf32>, tensor<2x5xf32>) -> tensor<2x4x7x7xf32>
  func.return
}

// -----

func.func @field(%a0: tensor<1x4x14x14xf32>, %a1: tensor<2x5xf32>) {
  // expected-error@below {{the plugin 'ROIPooling' has no field 'size'; it has pooled, spatial_scale, method}}
  %r = trt.plugin(%a0, %a1) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64, size = 1 : i64}} : (tensor<1x4x14x14xf32>, tensor<2x5xf32>) -> tensor<2x4x7x7xf32>
  func.return
}

// -----

func.func @missing(%a0: tensor<1x4x14x14xf32>, %a1: tensor<2x5xf32>) {
  // expected-error@below {{the plugin 'ROIPooling' needs the field 'method'}}
  %r = trt.plugin(%a0, %a1) {plugin = "ROIPooling", fields = {pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xf32>, tensor<2x5xf32>) -> tensor<2x4x7x7xf32>
  func.return
}

// -----

func.func @value(%a0: tensor<1x4x14x14xf32>, %a1: tensor<2x5xf32>) {
  // expected-error@below {{expected one of max, bilinear}}
  %r = trt.plugin(%a0, %a1) {plugin = "ROIPooling", fields = {method = "min", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xf32>, tensor<2x5xf32>) -> tensor<2x4x7x7xf32>
  func.return
}

// -----

func.func @operands(%a0: tensor<1x4x14x14xf32>) {
  // expected-error@below {{operand}}
  %r = trt.plugin(%a0) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xf32>) -> tensor<2x4x7x7xf32>
  func.return
}

// -----

func.func @result(%a0: tensor<1x4x14x14xf32>, %a1: tensor<2x5xf32>) {
  // expected-error@below {{result must have shape [2, 4, 7, 7], got [2, 4, 7, 8]}}
  %r = trt.plugin(%a0, %a1) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xf32>, tensor<2x5xf32>) -> tensor<2x4x7x8xf32>
  func.return
}

// -----

func.func @images(%a0: tensor<1x4x14x14xui8>, %a1: tensor<2x5xf32>) {
  // expected-error@below {{plugins take and give f32, f16, bf16, i32, i64 or i1, got ui8}}
  %r = trt.plugin(%a0, %a1) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xui8>, tensor<2x5xf32>) -> tensor<2x4x7x7xui8>
  func.return
}
