"""What the command-line tools share: reading IR with locations, pipelines, verification, printing."""
