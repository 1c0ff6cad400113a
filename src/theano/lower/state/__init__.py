"""What lowering works on: values, lengths, items, the builder, facts about the machine."""
