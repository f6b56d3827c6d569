// The text of an imported model can be read again, and finds its weights.

// RUN: arhat-translate --import-openvino %S/Inputs/classifier.xml -o %t && arhat-opt %t -p fold-constants | filecheck %s
// RUN: arhat-translate --import-openvino %S/Inputs/classifier.xml --weights model=%S/Inputs/classifier.bin | filecheck %s --check-prefix=NAMED

// CHECK: value = #arhat.weight<"{{.*}}"::"{{.*}}">{{.*}} : () -> tensor<4x3x3x3xf32>
// CHECK-NOT: arhat.convert
// NAMED: arhat.weights = {model = "{{.*}}classifier.bin"}
