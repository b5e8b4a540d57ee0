#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

enableCompileCache(); // a third of the start is reading code; must come before the code is loaded
const { runCommand } = await import('./commands.ts');
process.exitCode = await runCommand(process.argv.slice(2));
