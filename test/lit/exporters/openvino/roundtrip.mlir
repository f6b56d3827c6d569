// Import and export and import again: the text is the same, but for the names of layers and where weights are.

// RUN: arhat-translate --import-openvino %S/../../importers/openvino/Inputs/classifier.xml -o %t.1.mlir
// RUN: arhat-translate --export-openvino %t.1.mlir -o %t.xml
// RUN: arhat-translate --import-openvino %t.xml -o %t.2.mlir
// RUN: sed -e 's/, arhat.layers = [[].*[]]}/}/' -e 's/ {arhat.layers = [[].*[]]}//' -e 's/#arhat.weight<[^>]*>/W/g' -e 's/arhat.weights = {[^}]*}//' %t.1.mlir > %t.1.txt
// RUN: sed -e 's/, arhat.layers = [[].*[]]}/}/' -e 's/ {arhat.layers = [[].*[]]}//' -e 's/#arhat.weight<[^>]*>/W/g' -e 's/arhat.weights = {[^}]*}//' %t.2.mlir > %t.2.txt
// RUN: diff %t.1.txt %t.2.txt

// A model file can be exported at once; it may be what comes out of the passes as well.
// RUN: arhat-translate --export-openvino %S/../../importers/openvino/Inputs/classifier.xml -o %t.3.xml && diff %t.xml %t.3.xml
// RUN: arhat-opt %t.1.mlir -p optimize -o %t.4.mlir && arhat-translate --export-openvino %t.4.mlir -o %t.4.xml && filecheck %s < %t.4.xml

// CHECK: type="Convolution"
// CHECK-NOT: type="Convert"
