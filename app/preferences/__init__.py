"""The commands of `yomi rlhf`, one file each."""
